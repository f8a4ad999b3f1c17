/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * names.c - errno and signal numbers as names: musl has no strerrorname_np(), and outputs are read
 * by people.
 */
#include "twin.h"

#define E(n) [n] = #n
static const char *const errnos[] = {[0] = "0",
	E(EPERM),
	E(ENOENT),
	E(ESRCH),
	E(EINTR),
	E(EIO),
	E(ENXIO),
	E(E2BIG),
	E(ENOEXEC),
	E(EBADF),
	E(ECHILD),
	E(EAGAIN),
	E(ENOMEM),
	E(EACCES),
	E(EFAULT),
	E(ENOTBLK),
	E(EBUSY),
	E(EEXIST),
	E(EXDEV),
	E(ENODEV),
	E(ENOTDIR),
	E(EISDIR),
	E(EINVAL),
	E(ENFILE),
	E(EMFILE),
	E(ENOTTY),
	E(ETXTBSY),
	E(EFBIG),
	E(ENOSPC),
	E(ESPIPE),
	E(EROFS),
	E(EMLINK),
	E(EPIPE),
	E(EDOM),
	E(ERANGE),
	E(EDEADLK),
	E(ENAMETOOLONG),
	E(ENOLCK),
	E(ENOSYS),
	E(ENOTEMPTY),
	E(ELOOP),
	E(ENODATA),
	E(EOVERFLOW),
	E(EBADFD),
	E(ELIBBAD),
	E(EILSEQ),
	E(EUSERS),
	E(ENOTSOCK),
	E(EDESTADDRREQ),
	E(EMSGSIZE),
	E(EPROTOTYPE),
	E(ENOPROTOOPT),
	E(EPROTONOSUPPORT),
	E(ESOCKTNOSUPPORT),
	E(EOPNOTSUPP),
	E(EPFNOSUPPORT),
	E(EAFNOSUPPORT),
	E(EADDRINUSE),
	E(EADDRNOTAVAIL),
	E(ENETDOWN),
	E(ENETUNREACH),
	E(ECONNABORTED),
	E(ECONNRESET),
	E(ENOBUFS),
	E(EISCONN),
	E(ENOTCONN),
	E(ESHUTDOWN),
	E(ETIMEDOUT),
	E(ECONNREFUSED),
	E(EHOSTUNREACH),
	E(EALREADY),
	E(EINPROGRESS),
	E(ESTALE),
	E(EDQUOT),
	E(ECANCELED)};

static const char *const signals[] = {[0] = "0",
	E(SIGHUP),
	E(SIGINT),
	E(SIGQUIT),
	E(SIGILL),
	E(SIGTRAP),
	E(SIGABRT),
	E(SIGBUS),
	E(SIGFPE),
	E(SIGKILL),
	E(SIGUSR1),
	E(SIGSEGV),
	E(SIGUSR2),
	E(SIGPIPE),
	E(SIGALRM),
	E(SIGTERM),
	E(SIGSTKFLT),
	E(SIGCHLD),
	E(SIGCONT),
	E(SIGSTOP),
	E(SIGTSTP),
	E(SIGTTIN),
	E(SIGTTOU),
	E(SIGURG),
	E(SIGXCPU),
	E(SIGXFSZ),
	E(SIGVTALRM),
	E(SIGPROF),
	E(SIGWINCH),
	E(SIGIO),
	E(SIGPWR),
	E(SIGSYS)};

static const char *number(int n, const char *prefix, char *buf)
{
	int i = 0;
	char digits[12];
	char *p = buf;
	unsigned v = n < 0 ? -(unsigned)n : (unsigned)n;

	while (*prefix)
		*p++ = *prefix++;
	if (n < 0)
		*p++ = '-';
	do
		digits[i++] = (char)('0' + v % 10);
	while ((v /= 10) > 0);
	while (i > 0)
		*p++ = digits[--i];
	*p = 0;
	return buf;
}

const char *errno_name(int e)
{
	static char buf[24];

	if (e >= 0 && (size_t)e < COUNT(errnos) && errnos[e])
		return errnos[e];
	return number(e, "errno ", buf);
}

const char *signal_name(int sig)
{
	static char buf[24];

	if (sig >= 0 && (size_t)sig < COUNT(signals) && signals[sig])
		return signals[sig];
	return number(sig, "SIG", buf);
}
