/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_libc.c - tests libc functions that take or return a path, or make calls of other names.
 */
#include "twin.h"

#ifndef TWIN_RAW
#include <ftw.h>
#include <glob.h>
#include <grp.h>
#include <pwd.h>
#include <semaphore.h>
#include <sys/ipc.h>
#include <sys/statvfs.h>

static void make(void)
{
	mkdir("d", 0755);
	mkdir("d/sub", 0755);
	put("d/b", "bb");
	put("d/a", "a");
	symlink("d", "l");
	symlink("/t/d/a", "d/abs");
	symlink("nowhere", "d/dangling");
}

static const char *string(const char *s)
{
	return s ? s : errno_name(errno);
}
#endif

CASE(libc_stdio)
{
#ifndef TWIN_RAW
	char line[64] = "";

	FILE *f = fopen("/t/new", "w+x");
	RP(f);
	R(fputs("written\n", f) >= 0);
	R(fclose(f));
	RP(fopen("new", "wx"));
	RP(fopen("missing", "r"));
	RP(fopen("/etc", "w"));
	RP(fopen("new", "q"));
	f = fopen("/etc/absolute", "re");
	RP(fgets(line, sizeof(line), f));
	say("%q\n", line);
	say("cloexec %d\n", fcntl(fileno(f), F_GETFD));
	f = freopen("new", "a", f);
	R(fputs("more\n", f) >= 0);
	R(fflush(f));
	show("new");
	f = tmpfile();
	RP(f);
	R(rename("new", "newer"));
	R(remove("newer"));
	mkdir("dir", 0755);
	R(remove("dir"));
	R(remove("dir"));
	tree("/t");
#endif
}

CASE(libc_temporary_names)
{
#ifndef TWIN_RAW
	char a[] = "/t/aXXXXXX", b[] = "bXXXXXX", c[] = "/link-to-etc/../t/cXXXXXX.txt",
	     d[] = "missing/XXXXXX", e[] = "XXX";
	struct stat st;

	R(mkstemp(a));
	say("%d\n", strncmp(a, "/t/a", 4) == 0 && strlen(a) == 10 && strcmp(a + 4, "XXXXXX") != 0);
	R(stat(a, &st));
	say_stat("mkstemp", &st);
	RP(mkdtemp(b));
	R(stat(b, &st));
	say_stat("mkdtemp", &st);
	R(mkstemps(c, 4));
	say("%d\n", strcmp(c + strlen(c) - 4, ".txt") == 0);
	R(mkstemp(d));
	R(mkstemp(e));
	R(mkostemp(strcpy(a, "/t/aXXXXXX"), O_CLOEXEC));
#endif
}

CASE(libc_directories)
{
#ifndef TWIN_RAW
	make();
	struct dirent **list = NULL;
	int n = scandir("l", &list, NULL, alphasort);
	for (int i = 0; i < n; i++)
		say("scandir %q\n", list[i]->d_name);
	R(scandir("missing", &list, NULL, NULL));
	DIR *dir = fdopendir(open("/t/d", O_RDONLY | O_DIRECTORY));
	RP(dir);
	R(dirfd(dir));
	int count = 0;
	while (readdir(dir))
		count++;
	rewinddir(dir);
	while (readdir(dir))
		count++;
	say("%d entries\n", count);
	R(closedir(dir));
	RP(opendir("d/a"));
	RP(opendir(""));
	RP(fdopendir(open("d/a", O_RDONLY)));
#endif
}

#ifndef TWIN_RAW
static int visit(const char *path, const struct stat *st, int type, struct FTW *at)
{
	say("nftw %q type %d level %d base %q\n", path, type, at->level, path + at->base);
	(void)st;
	return 0;
}
#endif

CASE(libc_nftw)
{
#ifndef TWIN_RAW
	/* One name in a directory: their order is the file system's. */
	mkdir("d", 0755);
	mkdir("d/sub", 0755);
	put("d/sub/file", "x");
	symlink("/t/d", "l");
	R(nftw("d", visit, 10, FTW_PHYS));
	R(nftw("/t/d", visit, 10, FTW_DEPTH | FTW_PHYS));
	R(nftw("l", visit, 10, 0));
	R(nftw("l", visit, 10, FTW_PHYS));
	R(nftw("missing", visit, 10, 0));
	R(nftw("d", visit, 1, FTW_CHDIR | FTW_PHYS));
	char *cwd = getcwd(NULL, 0);
	say("%q\n", cwd);
#endif
}

CASE(libc_glob)
{
#ifndef TWIN_RAW
	static const char *const patterns[] = {"*", "d/*", "/t/d/[ab]", "l/*", "/e*/p*d", "d/x*",
		"/../t/d/a", "*/*/", "missing/*"};

	make();
	for (size_t i = 0; i < COUNT(patterns); i++) {
		glob_t g;
		int r = glob(patterns[i], GLOB_MARK, NULL, &g);
		say("glob %s: %d\n", patterns[i], r);
		for (size_t j = 0; r == 0 && j < g.gl_pathc; j++)
			say("  %q\n", g.gl_pathv[j]);
		if (r == 0)
			globfree(&g);
	}
#endif
}

CASE(libc_realpath)
{
#ifndef TWIN_RAW
	static const char *const paths[] = {"d/abs", "l/../d/a", "/link-to-etc/above",
		"/link-to-lib/..", "../t/./d//sub/", "d/dangling", "d/a/", "", "/../../..",
		"/proc/self/cwd/d", "l/sub/../abs"};
	char buf[PATH_MAX];

	make();
	for (size_t i = 0; i < COUNT(paths); i++) {
		errno = 0;
		char *r = realpath(paths[i], buf);
		say("%q: %q\n", paths[i], string(r));
	}
	char *name = realpath("l/sub", NULL);
	say("%q\n", string(name));
	chdir("l/sub");
	say("%q\n", string(get_current_dir_name()));
	setenv("PWD", "/t/l/sub", 1);
	say("%q\n", string(get_current_dir_name()));
	setenv("PWD", "/t", 1);
	say("%q\n", string(get_current_dir_name()));
	name = realpath("/proc/self/exe", NULL);
	say("%q\n", string(name));
#endif
}

CASE(libc_attributes)
{
#ifndef TWIN_RAW
	struct statvfs v, w;
	struct timeval tv[2] = {{1000, 5}, {2000, 6}};
	struct stat st;

	make();
	R(statvfs("d/abs", &v));
	R(fstatvfs(open("d/a", O_RDONLY), &w));
	say("same %d\n", v.f_bsize == w.f_bsize && v.f_namemax == w.f_namemax);
	say("%ld\n", (long)v.f_namemax);
	R(pathconf("d", _PC_NAME_MAX));
	R(pathconf("/t", _PC_PATH_MAX));
	R(pathconf("missing", _PC_LINK_MAX) == -1 ? 0 : 1);
	R(lutimes("d/abs", tv));
	R(lstat("d/abs", &st));
	say("%ld %ld\n", (long)st.st_atim.tv_sec, st.st_mtim.tv_nsec);
	R(futimes(3, tv));
	R(fstat(3, &st));
	say("%ld\n", (long)st.st_mtim.tv_sec);
	R(euidaccess("d/abs", R_OK));
	R(eaccess("d/dangling", F_OK));
	R(ftok("d/a", 1) == ftok("/t/d/abs", 1));
	R(ftok("missing", 1));
	R(fchmodat(AT_FDCWD, "d/a", 0600, 0));
	R(fchmodat(AT_FDCWD, "d/a", 0640, AT_SYMLINK_NOFOLLOW));
	R(fchmodat(AT_FDCWD, "d/abs", 0640, AT_SYMLINK_NOFOLLOW));
	R(faccessat(AT_FDCWD, "d/dangling", F_OK, AT_SYMLINK_NOFOLLOW));
	R(faccessat(AT_FDCWD, "d/a", R_OK, AT_EACCESS));
	R(faccessat(AT_FDCWD, "d/a", R_OK, 0x20000));
	tree("/t");
#endif
}

CASE(libc_passwd)
{
#ifndef TWIN_RAW
	struct passwd *p;

	/* Read directly: glibc's getpwnam() would want its modules, which the root has not. */
	FILE *f = fopen("/etc/passwd", "r");
	while (f && (p = fgetpwent(f)))
		say("%s %d %q\n", p->pw_name, (int)p->pw_uid, p->pw_dir);
#endif
}

CASE(libc_shared_memory)
{
#ifndef TWIN_RAW
	char name[] = "/twin-aaaaaaaa", sem[] = "/twins-aaaaaaaa";
	unsigned pid = (unsigned)getpid();

	/* /dev/shm is everybody's. */
	for (int i = 0; i < 8; i++)
		name[6 + i] = sem[7 + i] = (char)('a' + (pid >> 4 * i & 15));
	R(shm_open(name, O_RDWR, 0600));
	int fd = (int)R(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	R(ftruncate(fd, 4096));
	R(shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600));
	R(shm_open(name, O_RDONLY, 0));
	R(fcntl(fd, F_GETFD));
	R(shm_unlink(name));
	R(shm_unlink(name));
	R(shm_open("/a/b", O_RDWR | O_CREAT, 0600));
	sem_t *s = sem_open(sem, O_CREAT | O_EXCL, 0600, 1);
	say("%d\n", s != SEM_FAILED);
	R(sem_wait(s));
	R(sem_trywait(s));
	R(sem_post(s));
	R(sem_unlink(sem));
	R(sem_unlink(sem));
#endif
}

CASE(libc_exec_environment)
{
#ifndef TWIN_RAW
	/* What the program changes in its environment is what the next one gets. */
	clearenv();
	setenv("ADDED", "1", 1);
	putenv("PUT=2");
	setenv("LD_LIBRARY_PATH", "/none", 1);
	CHILD("execv")
		R(execv(twin_self, ARGV("x", "@args")));
	environ = NULL;
	CHILD("no environ")
		R(execv(twin_self, ARGV("x", "@args")));
	say("%q\n", getenv("ADDED"));
#endif
}
