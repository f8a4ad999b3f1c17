/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * roots.c - the programs of roots.sh: who plays at random with a tree whose directories become
 * roots with owner records while processes of several jails stand in them and have them open, and
 * those processes.
 *
 *   roots drive SEED STEPS TREE FAKEJAIL...   outside of any jail
 *   roots work COUNT                          in a jail: COUNT processes, each told what to do by
 * descriptor 10 + 2i roots do COMMAND                          in a jail: that one
 *
 * The one who plays knows the owner and mode that each file must show. Everybody who looks, from
 * any jail and by any way, must see these. */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define SLOTS 4
#define LINE 8192

/* ---- in a jail ---- */

static int slot[SLOTS] = {-1, -1, -1, -1};

static void look(int at, const char *name, FILE *out)
{
	struct stat st;

	if (fstatat(at, name, &st, AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW))
		fprintf(out, "error %d\n", errno);
	else
		fprintf(out, "%u:%u %o\n", st.st_uid, st.st_gid, st.st_mode & 07777);
}

static int change_mode(int at, const char *name, mode_t mode)
{
	return *name ? fchmodat(at, name, mode, 0) : fchmod(at, mode);
}

static int make(int at, const char *name, mode_t mode)
{
	unlinkat(at, name, 0);
	umask(0);
	return mknodat(at, name, S_IFREG | mode, 0);
}

/* VERB AT NAME NUMBER or another name; AT a slot or -1. Words are parted by tabs. */
static void obey(char *line, FILE *out)
{
	char *word[4] = {"", "", "", ""};
	int r = 0, at, fd;

	for (int i = 0; i < 4 && line; i++)
		word[i] = strsep(&line, "\t");
	at = atoi(word[1]);
	fd = at < 0 ? AT_FDCWD : slot[at];
	if (!strcmp(word[0], "look")) {
		look(fd, word[2], out);
		fflush(out);
		return;
	}
	if (!strcmp(word[0], "own"))
		r = fchownat(fd, word[2], (uid_t)atoi(word[3]), (gid_t)atoi(word[3]),
			AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
	else if (!strcmp(word[0], "mode"))
		r = change_mode(fd, word[2], (mode_t)strtoul(word[3], NULL, 8));
	else if (!strcmp(word[0], "make"))
		r = make(fd, word[2], (mode_t)strtoul(word[3], NULL, 8));
	else if (!strcmp(word[0], "cd"))
		r = *word[2] ? chdir(word[2]) : fchdir(fd);
	else if (!strcmp(word[0], "move"))
		r = rename(word[2], word[3]);
	else if (!strcmp(word[0], "open")) {
		close(slot[at]);
		r = slot[at] = open(word[2], O_RDONLY | (*word[3] ? O_DIRECTORY : 0));
	} else if (!strcmp(word[0], "fork")) {
		const pid_t child = fork();

		if (child) {
			waitpid(child, NULL, 0);
			_exit(0);
		}
	} else {
		errno = ENOSYS;
		r = -1;
	}
	fprintf(out, r < 0 ? "error %d\n" : "done\n", errno);
	fflush(out);
}

static void work(int number, char **argv)
{
	const int from = 10 + 2 * number, to = from + 1;
	FILE *out = fdopen(to, "w");
	char line[LINE], *self;
	size_t n = 0;

	/* (Byte by byte: a program that is executed goes on with the next line.) */
	while (read(from, line + n, 1) == 1) {
		if (line[n] != '\n') {
			n += n + 1 < sizeof(line);
			continue;
		}
		line[n] = 0;
		n = 0;
		if (strncmp(line, "exec\t", 5)) {
			obey(line, out);
			continue;
		}
		self = line + 5;
		char words[2 + SLOTS][16];
		char *args[] = {
			argv[0], "again", words[0], words[1], words[2], words[3], words[4], NULL};

		sprintf(words[0], "%d", number);
		for (int i = 0; i < SLOTS; i++)
			sprintf(words[i + 1], "%d", slot[i]);
		execv(self, args);
		fprintf(out, "error %d\n", errno);
		fflush(out);
	}
	_exit(0);
}

static int workers(int count, char **argv)
{
	for (int i = 0; i < count; i++)
		if (!fork()) {
			for (int k = 0; k < count; k++)
				if (k != i) {
					close(10 + 2 * k);
					close(11 + 2 * k);
				}
			work(i, argv);
		}
	for (int k = 0; k < count; k++) {
		close(10 + 2 * k);
		close(11 + 2 * k);
	}
	while (wait(NULL) > 0 || errno == EINTR)
		;
	return 0;
}

/* ---- outside ---- */

#define DIRS 10
#define FILES 2
#define JAILS 8
#define EACH 2

static struct {
	int up; /* the directory that it lies in; of the first one -1 */
	char name[256];
	bool is_root;
	char owner[FILES][64], mode[FILES][16];
} dir[DIRS];

static struct {
	int root; /* a directory; -1: / */
	bool lives;
	pid_t pid;
	struct {
		int to;
		FILE *from;
		int cwd, at[SLOTS]; /* directories; -1 none. Of a file: DIRS * (1 + its number) more
				     */
	} process[EACH];
} jail[JAILS];

static char **fakejail, *tree;
#define TOLD 1000 /* lines of what was done last */
static char told[TOLD][256];
static unsigned told_count, step, seed;

static int choose(int n)
{
	return (int)(((unsigned long)random() >> 3) % (unsigned long)n);
}

static void end_badly(const char *what, const char *expected, const char *got)
{
	for (unsigned i = told_count > TOLD ? told_count - TOLD : 0; i < told_count; i++)
		printf("# %s\n", told[i % TOLD]);
	printf("seed %u, step %u: %s: expected %s, got %s\n", seed, step, what, expected, got);
	fflush(stdout);
	for (int j = 0; j < JAILS; j++)
		if (jail[j].lives)
			kill(jail[j].pid, SIGKILL);
	exit(1);
}

/* The host's path of a directory, or its path from the directory `from` on. */
static const char *path_of(int d, int from, const char *file)
{
	static char text[8][LINE];
	static unsigned turn;
	char *t = text[turn++ % 8], part[LINE];

	snprintf(t, LINE, "%s", file);
	for (; d >= 0 && d != from; d = dir[d].up) {
		snprintf(part, sizeof(part), "%s%s%s", dir[d].name, *t ? "/" : "", t);
		memcpy(t, part, LINE);
	}
	return t;
}

static bool is_in(int d, int in)
{
	while (d >= 0 && d != in)
		d = dir[d].up;
	return d == in || in < 0;
}

static void ask(int j, int p, char *answer, const char *line)
{
	snprintf(told[told_count++ % TOLD], sizeof(told[0]), "%u: jail %d on %s, process %d: %s",
		step, j, jail[j].root < 0 ? "/" : path_of(jail[j].root, -1, ""), p, line);
	if (dprintf(jail[j].process[p].to, "%s\n", line) < 0 ||
		!fgets(answer, LINE, jail[j].process[p].from))
		end_badly(line, "an answer", "none");
	answer[strcspn(answer, "\n")] = 0;
}

static void enter(int j, int root)
{
	char *args[64], count[8];
	int pipes[EACH][4], n = 0;

	for (int p = 0; p < EACH; p++)
		if (pipe2(pipes[p], O_CLOEXEC) || pipe2(pipes[p] + 2, O_CLOEXEC))
			abort();
	sprintf(count, "%d", EACH);
	for (char **w = fakejail; *w; w++)
		args[n++] = *w;
	args[n++] = (char *)(root < 0 ? "/" : path_of(root, -1, ""));
	args[n++] = (char *)(root < 0 ? path_of(0, -1, "x") : "/x");
	args[n++] = "work";
	args[n++] = count;
	args[n] = NULL;
	jail[j].pid = fork();
	if (!jail[j].pid) {
		/* First out of the way of the numbers that are wanted. */
		for (int p = 0; p < EACH; p++) {
			pipes[p][0] = fcntl(pipes[p][0], F_DUPFD_CLOEXEC, 200);
			pipes[p][3] = fcntl(pipes[p][3], F_DUPFD_CLOEXEC, 200);
		}
		for (int p = 0; p < EACH; p++) {
			dup2(pipes[p][0], 10 + 2 * p);
			dup2(pipes[p][3], 11 + 2 * p);
		}
		execv(args[0], args);
		_exit(125);
	}
	jail[j].root = root;
	jail[j].lives = true;
	if (root >= 0)
		dir[root].is_root = true;
	for (int p = 0; p < EACH; p++) {
		char answer[LINE];

		close(pipes[p][0]);
		close(pipes[p][3]);
		jail[j].process[p].to = pipes[p][1];
		jail[j].process[p].from = fdopen(pipes[p][2], "r");
		jail[j].process[p].cwd = root;
		for (int i = 0; i < SLOTS; i++)
			jail[j].process[p].at[i] = -1;
		ask(j, p, answer, "cd\t-1\t/");
		if (strcmp(answer, "done"))
			end_badly("a start", "done", answer);
	}
}

static void leave(int j)
{
	snprintf(told[told_count++ % TOLD], sizeof(told[0]), "%u: jail %d ends", step, j);
	for (int p = 0; p < EACH; p++) {
		close(jail[j].process[p].to);
		fclose(jail[j].process[p].from);
	}
	waitpid(jail[j].pid, NULL, 0);
	jail[j].lives = false;
}

/* A way to name file f (FILES: the directory itself) of directory d, as `AT TAB NAME`. */
static void name_it(int j, int p, int d, int f, char *way)
{
	const int cwd = jail[j].process[p].cwd;
	char file[16] = "";
	int ways[2 + SLOTS], n = 0, w;

	if (f < FILES)
		sprintf(file, "f%d", f);
	ways[n++] = -2; /* an absolute path */
	if (cwd >= 0 && is_in(d, cwd) && (d != cwd || f < FILES)) {
		ways[0] = -1;
		if (!choose(3))
			ways[n++] = -2;
	}
	for (int i = 0; i < SLOTS; i++) {
		const int at = jail[j].process[p].at[i];

		if ((at >= 0 && at < DIRS && is_in(d, at)) ||
			(f < FILES && at == DIRS * (1 + f) + d))
			ways[n++] = i;
	}
	w = ways[choose(n)];
	if (w == -2) {
		const char *below = path_of(d, jail[j].root, file);

		sprintf(way, "-1\t%s%s", *below == '/' ? "" : "/", below);
	} else if (w == -1) {
		sprintf(way, "-1\t%s", path_of(d, cwd, file));
	} else {
		const int at = jail[j].process[p].at[w];

		sprintf(way, "%d\t%s", w, at < DIRS ? path_of(d, at, file) : "");
	}
}

static void choose_process(int *j, int *p)
{
	do
		*j = choose(JAILS);
	while (!jail[*j].lives);
	*p = choose(EACH);
}

static void look_at(int j, int p, int d, int f)
{
	char line[LINE + 8], way[LINE], answer[LINE], expected[128];

	name_it(j, p, d, f, way);
	snprintf(line, sizeof(line), "look\t%s", way);
	ask(j, p, answer, line);
	snprintf(expected, sizeof(expected), "%s %s", dir[d].owner[f], dir[d].mode[f]);
	if (strcmp(answer, expected))
		end_badly(path_of(d, -1, f ? "f1" : "f0"), expected, answer);
}

static void change(int j, int p, int d, int f)
{
	char line[LINE + 64], way[LINE], answer[LINE];
	static const char *const modes[] = {"644", "4755", "2751", "6700", "600"};
	const char *mode = modes[choose(5)];
	const int id = 1 + choose(60000), what = choose(3);

	do
		name_it(j, p, d, f, way);
	while (what == 2 && way[strlen(way) - 1] == '\t');
	if (!what) {
		snprintf(line, sizeof(line), "own\t%s\t%d", way, id);
		sprintf(dir[d].owner[f], "%d:%d", id, id);
		/* chown(2) by root takes the set-id bits, where the group may execute for the
		 * second. */
		unsigned bits = (unsigned)strtoul(dir[d].mode[f], NULL, 8);

		sprintf(dir[d].mode[f], "%o", bits & ~04000u & ~(bits & 010 ? 02000u : 0));
	} else {
		snprintf(line, sizeof(line), "%s\t%s\t%s", what == 1 ? "mode" : "make", way, mode);
		strcpy(dir[d].mode[f], mode);
		if (what == 2) {
			strcpy(dir[d].owner[f], "0:0");
			/* Descriptors lead to the old file. */
			for (int k = 0; k < JAILS; k++)
				for (int q = 0; q < EACH; q++)
					for (int i = 0; i < SLOTS; i++)
						if (jail[k].process[q].at[i] == DIRS * (1 + f) + d)
							jail[k].process[q].at[i] = -1;
		}
	}
	ask(j, p, answer, line);
	if (strcmp(answer, "done"))
		end_badly(line, "done", answer);
}

static void go_or_open(int j, int p, int d)
{
	char line[LINE + 64], way[LINE], answer[LINE], *name;
	int i = choose(SLOTS + 2), f = choose(FILES + 2);

	if (i >= SLOTS)
		f = FILES;
	if (f > FILES)
		f = FILES;
	name_it(j, p, d, f, way);
	name = strchr(way, '\t') + 1;
	if (i >= SLOTS) {
		snprintf(line, sizeof(line), "cd\t%s", way);
		if (*way != '-' && *name) /* of a descriptor only itself */
			return;
		jail[j].process[p].cwd = d;
	} else {
		if (*way != '-')
			return;
		snprintf(line, sizeof(line), "open\t%d\t%s\t%s", i, name,
			f < FILES ? "" : "directory");
		jail[j].process[p].at[i] = f < FILES ? DIRS * (1 + f) + d : d;
	}
	ask(j, p, answer, line);
	if (strcmp(answer, "done"))
		end_badly(line, "done", answer);
}

static bool has_jail_in(int d)
{
	for (int j = 0; j < JAILS; j++)
		if (jail[j].lives && jail[j].root >= 0 && is_in(jail[j].root, d))
			return true;
	return false;
}

/* A directory gets another name, and may come to lie in another directory. */
static void move(int j, int p, int d, int to)
{
	char line[3 * LINE], answer[LINE], name[32];
	static int count;

	if (d <= 0 || is_in(to, d) || has_jail_in(d) || d == jail[j].root ||
		!is_in(d, jail[j].root) || !is_in(to, jail[j].root))
		return;
	sprintf(name, "m%d", count++);
	snprintf(line, sizeof(line), "move\t-1\t/%s\t/%s",
		path_of(d, jail[j].root, "") + (jail[j].root < 0),
		path_of(to, jail[j].root, name) + (jail[j].root < 0));
	ask(j, p, answer, line);
	if (!strcmp(answer, "error 18")) /* EXDEV: from root to root */
		return;
	if (strcmp(answer, "done"))
		end_badly(line, "done", answer);
	strcpy(dir[d].name, name);
	dir[d].up = to;
}

static void turn_into(int j, int p, const char *line)
{
	char answer[LINE], text[LINE];

	snprintf(text, sizeof(text), "%s", line);
	if (!strcmp(line, "exec")) {
		const char *below = path_of(jail[j].root < 0 ? 0 : jail[j].root, jail[j].root, "x");

		snprintf(text, sizeof(text), "exec\t%s%s", *below == '/' ? "" : "/", below);
	}
	ask(j, p, answer, text);
	if (strcmp(answer, "done"))
		end_badly(line, "done", answer);
}

/* Somebody removes the records of a root whose jail has ended, and it becomes one anew. What its
 * files show then the new jail says; all others are to say the same. */
static void remove_records(int d)
{
	char command[LINE + 64];
	int j = 0;

	while (j < JAILS && jail[j].lives)
		j++;
	if (d <= 0 || !dir[d].is_root || j == JAILS)
		return;
	for (int k = 0; k < JAILS; k++)
		if (jail[k].lives && jail[k].root == d)
			return;
	snprintf(told[told_count++ % TOLD], sizeof(told[0]), "%u: the records of %s are removed",
		step, path_of(d, -1, ""));
	snprintf(command, sizeof(command), "rm -rf '%s/.fakejail'", path_of(d, -1, ""));
	if (system(command))
		abort();
	step++;
	enter(j, d);
	for (int e = 0; e < DIRS; e++)
		for (int f = 0; f < FILES && is_in(e, d); f++) {
			char line[LINE], answer[LINE];

			snprintf(line, sizeof(line), "look\t-1\t/%s",
				path_of(e, d, f ? "f1" : "f0"));
			ask(j, 0, answer, line);
			sscanf(answer, "%63s %15s", dir[e].owner[f], dir[e].mode[f]);
		}
}

static void play(void)
{
	const int what = choose(100), d = choose(DIRS), f = choose(FILES);
	int j, p;

	choose_process(&j, &p);
	if (what < 6) {
		int free = 0;

		while (free < JAILS && jail[free].lives)
			free++;
		if (free < JAILS)
			enter(free, choose(8) ? d : -1);
	} else if (what < 10) {
		if (j > 1)
			leave(j);
	} else if (what < 12) {
		remove_records(d);
	} else if (what < 16) {
		move(j, p, d, choose(DIRS));
	} else if (what < 20) {
		turn_into(j, p, choose(2) ? "fork" : "exec");
	} else if (is_in(d, jail[j].root)) {
		if (what < 45)
			go_or_open(j, p, d);
		else if (what < 60)
			change(j, p, d, f);
		else
			look_at(j, p, d, f);
	}
}

static int drive(unsigned steps)
{
	srandom(seed);
	for (int d = 0; d < DIRS; d++) {
		char command[LINE * 2];

		dir[d].up = d ? choose(d) : -1;
		snprintf(dir[d].name, sizeof(dir[d].name), "d%d", d);
		if (!d) {
			dir[d].up = -1;
			if (strlen(tree) >= sizeof(dir[d].name))
				abort();
			strcpy(dir[d].name, tree);
		} else if (mkdir(path_of(d, -1, ""), 0755)) {
			abort();
		}
		for (int f = 0; f < FILES; f++) {
			strcpy(dir[d].owner[f], "0:0");
			strcpy(dir[d].mode[f], "644");
			close(open(path_of(d, -1, f ? "f1" : "f0"), O_WRONLY | O_CREAT | O_EXCL,
				0644));
		}
		snprintf(command, sizeof(command), "cp /proc/%d/exe '%s'", getpid(),
			path_of(d, -1, "x"));
		if (system(command))
			abort();
	}
	enter(0, -1);
	enter(1, 0);
	for (step = 1; step < steps; step++)
		play();
	/* At the end everybody looks at everything. */
	for (int j = 0; j < JAILS; j++)
		for (int d = 0; d < DIRS && jail[j].lives; d++)
			for (int f = 0; f < FILES && is_in(d, jail[j].root); f++)
				for (int p = 0; p < EACH; p++)
					look_at(j, p, d, f);
	for (int j = 0; j < JAILS; j++)
		if (jail[j].lives)
			leave(j);
	printf("%u steps\n", steps);
	return 0;
}

int main(int argc, char **argv)
{
	umask(022);
	if (argc == 3 && !strcmp(argv[1], "work"))
		return workers(atoi(argv[2]), argv);
	if (argc == 3 + SLOTS && !strcmp(argv[1], "again")) {
		const int number = atoi(argv[2]);

		for (int i = 0; i < SLOTS; i++)
			slot[i] = atoi(argv[3 + i]);
		dprintf(11 + 2 * number, "done\n");
		work(number, argv);
	}
	if (argc > 5 && !strcmp(argv[1], "drive")) {
		signal(SIGPIPE, SIG_IGN);
		seed = (unsigned)atoi(argv[2]);
		tree = argv[4];
		fakejail = argv + 5;
		return drive((unsigned)atoi(argv[3]));
	}
	return 2;
}
