/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * twin.c - main() of the case program, and the printing that cases share (twin.h says what each
 * does).
 *
 * Prints with write(2) and a formatter of its own: stdio would do calls a case did not ask for, and
 * must not be used in a vfork child, a signal handler or a thread with a small stack, where cases
 * print too.
 */
#include "twin.h"

const char *twin_self = "";
static const char twin_cwd_start[] = "/t";

/* Bounds of the sections that CASE() and TOOL() fill; the linker makes them. */
extern struct twin_entry *__start_twin_case[], *__stop_twin_case[];
extern struct twin_entry *__start_twin_tool[], *__stop_twin_tool[];

static void run_entry(
	struct twin_entry **from, struct twin_entry **to, int argc, char **argv, const char *name)
{
	/* A #! line may add more to the name: `@argv and words`. */
	size_t n = strcspn(name, " \t\r");

	for (struct twin_entry **e = from; e < to; e++) {
		if (strncmp((*e)->name, name, n) == 0 && (*e)->name[n] == 0) {
			(*e)->run(argc, argv);
			twin_exit(0);
		}
	}
}

static void list_cases(void)
{
	for (struct twin_entry **e = __start_twin_case; e < __stop_twin_case; e++)
		say("%s\n", (*e)->name);
}

int main(int argc, char **argv)
{
	/* Without arguments (an exec with an empty argv, say) the program tells how it was started.
	 */
	if (argc < 2 || argv[1][0] == '@') {
		if (argc > 0 && argv[0][0] == '/')
			twin_self = argv[0];
		run_entry(__start_twin_tool, __stop_twin_tool, argc, argv,
			argc < 2 ? "args" : argv[1] + 1);
		twin_exit(2);
	}
	if (strcmp(argv[1], "-c") == 0 && argc > 2)
		run_entry(__start_twin_tool, __stop_twin_tool, argc, argv, "shell");
	if (strcmp(argv[1], "--list") == 0) {
		list_cases();
		twin_exit(0);
	}
	twin_self = argv[0];
	umask(022);
	if (chdir(twin_cwd_start) < 0) {
		say("chdir %s: %e\n", twin_cwd_start, errno);
		twin_exit(2);
	}
	run_entry(__start_twin_case, __stop_twin_case, argc, argv, argv[1]);
	say("no case of that name:\n");
	run_entry(__start_twin_tool, __stop_twin_tool, argc, argv, "argv");
	twin_exit(2);
}

#ifdef TWIN_RAW
long raw_ret(long r)
{
	if (r < 0 && r > -4096) {
		errno = (int)-r;
		return -1;
	}
	return r;
}

/* What the kernel calls struct sigaction (arch/x86/include/uapi/asm/signal.h), and the return it
 * demands. */
struct kernel_sigaction {
	void (*handler)(int);
	unsigned long flags;
	void (*restorer)(void);
	unsigned long mask;
};
void raw_restorer(void);
__asm__(".text\n.globl raw_restorer\n.type raw_restorer, @function\n"
	"raw_restorer: mov $15, %eax\n\tsyscall\n");

int(raw_sigaction)(int sig, const struct sigaction *act, struct sigaction *old)
{
	struct kernel_sigaction k, o;

	if (act) {
		k.handler = act->sa_handler;
		k.flags = (unsigned long)act->sa_flags | 0x04000000; /* SA_RESTORER */
		k.restorer = raw_restorer;
		memcpy(&k.mask, &act->sa_mask, sizeof(k.mask));
	}
	long r = RAW(SYS_rt_sigaction, sig, act ? &k : NULL, old ? &o : NULL, 8);
	if (r == 0 && old) {
		memset(old, 0, sizeof(*old));
		old->sa_handler = o.handler;
		old->sa_flags = (int)(o.flags & ~0x04000000UL);
		memcpy(&old->sa_mask, &o.mask, sizeof(o.mask));
	}
	return (int)r;
}
#endif

/* ---- say() ---- */

struct out {
	char text[3072];
	size_t len;
};

static void out_char(struct out *o, char c)
{
	if (o->len < sizeof(o->text))
		o->text[o->len++] = c;
}

static void out_str(struct out *o, const char *s)
{
	while (*s)
		out_char(o, *s++);
}

static void out_number(struct out *o, unsigned long v, unsigned base)
{
	char digits[24];
	int n = 0;

	do
		digits[n++] = "0123456789abcdef"[v % base];
	while ((v /= base) > 0);
	while (n > 0)
		out_char(o, digits[--n]);
}

static void out_signed(struct out *o, long v)
{
	if (v < 0)
		out_char(o, '-');
	out_number(o, v < 0 ? -(unsigned long)v : (unsigned long)v, 10);
}

static void out_quoted_bytes(struct out *o, const char *s, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)s[i];

		if (c == '\n')
			out_str(o, "\\n");
		else if (c == '\r')
			out_str(o, "\\r");
		else if (c == '\t')
			out_str(o, "\\t");
		else if (c < 32 || c > 126) {
			out_str(o, "\\x");
			out_char(o, "0123456789abcdef"[c >> 4]);
			out_char(o, "0123456789abcdef"[c & 15]);
		} else
			out_char(o, (char)c);
	}
}

static void out_quoted(struct out *o, const char *s)
{
	size_t n = s ? strlen(s) : 0;

	if (!s) {
		out_str(o, "NULL");
		return;
	}
	out_char(o, '"');
	if (n <= 200) {
		out_quoted_bytes(o, s, n);
		out_char(o, '"');
		return;
	}
	out_quoted_bytes(o, s, 40);
	out_str(o, "\"...\"");
	out_quoted_bytes(o, s + n - 40, 40);
	out_str(o, "\" (");
	out_number(o, n, 10);
	out_str(o, " bytes)");
}

static void out_format(struct out *o, const char *f, va_list ap)
{
	for (; *f; f++) {
		if (*f != '%') {
			out_char(o, *f);
			continue;
		}
		int is_long = *++f == 'l';
		if (is_long)
			f++;
		switch (*f) {
		case 's':
			out_str(o, va_arg(ap, const char *));
			break;
		case 'q':
			out_quoted(o, va_arg(ap, const char *));
			break;
		case 'c':
			out_char(o, (char)va_arg(ap, int));
			break;
		case 'e':
			out_str(o, errno_name(va_arg(ap, int)));
			break;
		case 'g':
			out_str(o, signal_name(va_arg(ap, int)));
			break;
		case 'd':
			out_signed(o, is_long ? va_arg(ap, long) : va_arg(ap, int));
			break;
		case 'u':
		case 'x':
		case 'o':
			out_number(o, is_long ? va_arg(ap, unsigned long) : va_arg(ap, unsigned),
				*f == 'u' ? 10 :
				*f == 'x' ? 16 :
					    8);
			break;
		default:
			out_char(o, *f);
		}
	}
}

static const char *const spell_mark[] = {"", "[abs] ", "[rel] ", "[at] ", "[sym] ", ""};

void say(const char *format, ...)
{
	int saved = errno;
	struct out o;
	va_list ap;

	o.len = 0;
	out_str(&o, spell_mark[twin_spell]);
	va_start(ap, format);
	out_format(&o, format, ap);
	va_end(ap);
	for (size_t at = 0; at < o.len;) {
		long n = write(1, o.text + at, o.len - at);
		if (n <= 0)
			break;
		at += (size_t)n;
	}
	errno = saved;
}

long twin_ret(const char *text, long r)
{
	int e = errno;

	if (r == -1)
		say("%s = -1 %e\n", text, e);
	else if (e)
		say("%s = %ld (errno %e)\n", text, r, e);
	else
		say("%s = %ld\n", text, r);
	errno = e;
	return r;
}

const void *twin_ret_ptr(const char *text, const void *p)
{
	int e = errno;

	if (p)
		say("%s = not NULL\n", text);
	else
		say("%s = NULL %e\n", text, e);
	errno = e;
	return p;
}

void say_status(const char *name, int status)
{
	if (WIFEXITED(status))
		say("%s: exit %d\n", name, WEXITSTATUS(status));
	else if (WIFSIGNALED(status))
		say("%s: signal %g\n", name, WTERMSIG(status));
	else if (WIFSTOPPED(status))
		say("%s: stopped by %g\n", name, WSTOPSIG(status));
	else
		say("%s: status %x\n", name, status);
}

void reap(const char *name, pid_t pid)
{
	int status = 0;
	pid_t r;

	do
		r = waitpid(pid, &status, 0);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		say("%s: waitpid %e\n", name, errno);
	else
		say_status(name, status);
}

static const char *owner(unsigned id, unsigned me, char *buf)
{
	if (id == me)
		return "me";
	if (id == 0)
		return "root";
	int n = 0;
	char tmp[12];
	do
		tmp[n++] = (char)('0' + id % 10);
	while ((id /= 10) > 0);
	for (int i = 0; i < n; i++)
		buf[i] = tmp[n - 1 - i];
	buf[n] = 0;
	return buf;
}

static const char *type_name(mode_t mode)
{
	switch (mode & S_IFMT) {
	case S_IFREG:
		return "reg";
	case S_IFDIR:
		return "dir";
	case S_IFLNK:
		return "lnk";
	case S_IFIFO:
		return "fifo";
	case S_IFSOCK:
		return "sock";
	case S_IFCHR:
		return "chr";
	case S_IFBLK:
		return "blk";
	}
	return "?";
}

void say_stat(const char *name, const struct stat *st)
{
	char u[12], g[12];

	/* A directory's size and link count depend on the file system, a link's mode is always
	 * 0777. */
	if (S_ISDIR(st->st_mode))
		say("%s: dir %o %s:%s\n", name, st->st_mode & 07777,
			owner(st->st_uid, geteuid(), u), owner(st->st_gid, getegid(), g));
	else if (S_ISCHR(st->st_mode) || S_ISBLK(st->st_mode))
		say("%s: %s %o %s:%s rdev %lx links %ld\n", name, type_name(st->st_mode),
			st->st_mode & 07777, owner(st->st_uid, geteuid(), u),
			owner(st->st_gid, getegid(), g), (unsigned long)st->st_rdev,
			(long)st->st_nlink);
	else
		say("%s: %s %o %s:%s size %ld links %ld\n", name, type_name(st->st_mode),
			st->st_mode & 07777, owner(st->st_uid, geteuid(), u),
			owner(st->st_gid, getegid(), g), (long)st->st_size, (long)st->st_nlink);
}

pid_t twin_fork(void)
{
	pid_t pid = fork();

	if (pid < 0)
		say("fork: %e\n", errno);
	return pid;
}

_Noreturn void twin_exit(int status)
{
	for (;;)
		_exit(status);
}
