/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_rules.c - tests rules of the kernel that are easily forgotten: which error comes first,
 * what a change to the same value does, when set-id bits are cleared.
 */
#include "twin.h"

/* linux/securebits.h, which musl-gcc does not find */
#define NOROOT 1u
#define NO_SETUID_FIXUP 4u
#define KEEP_CAPS 16u
#define NO_AMBIENT_RAISE 64u

static void become(unsigned uid, unsigned gid)
{
	SYSCALL(SYS_setgroups, 0, NULL);
	SYSCALL(SYS_setresgid, gid, gid, gid);
	SYSCALL(SYS_setresuid, uid, uid, uid);
}

static void say_mode(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		say("%s: %e\n", path, errno);
	else
		say("%s: %o %d:%d\n", path, st.st_mode, (int)st.st_uid, (int)st.st_gid);
}

/* To take set-id bits away is the owner's, also for who may change owners. */
CASE(rules_root_chown_nothing)
{
	static const mode_t modes[] = {0644, 04755, 02755, 02644, 06711, 01777};
	static const unsigned who[][2] = {{1000, 1000}, {1000, 8}, {7, 1000}, {7, 8}};

	for (size_t m = 0; m < COUNT(modes); m++)
		for (size_t w = 0; w < COUNT(who); w++) {
			put("f", "x");
			chown("f", 1000, 1000);
			chmod("f", modes[m]);
			CHILD("asked") {
				const int fd = open("f", O_RDONLY);

				become(who[w][0], who[w][1]);
				say("%o by %d:%d\n", modes[m], who[w][0], who[w][1]);
				R(chown("f", -1, -1));
				say_mode("f");
				R(fchown(fd, -1, -1));
				R(chown("f", 1000, -1));
				R(chown("f", -1, 1000));
				R(chown("f", -1, 8));
				say_mode("f");
			}
			unlink("f");
		}
	mkdir("d", 06755);
	chmod("d", 06755);
	CHILD("directory") {
		become(7, 7);
		R(chown("d", -1, -1));
	}
	say_mode("d");
}

CASE(rules_root_create_is_there)
{
	mkdir("d", 0777);
	chmod("d", 0777);
	symlink("d", "l");
	for (int round = 0; round < 2; round++)
		CHILD("asked") {
			umask(round ? 077 : 0);
			become(round ? 7 : 0, round ? 7 : 0);
			R(open("d", O_RDONLY | O_CREAT, 0600) < 0 ? -errno : 0);
			R(open("d", O_RDONLY | O_CREAT, 04600) < 0 ? -errno : 0);
			R(open("l", O_RDONLY | O_CREAT, 0600) < 0 ? -errno : 0);
			R(open("d", O_WRONLY | O_CREAT, 0600) < 0 ? -errno : 0);
			R(open("d/", O_RDONLY | O_CREAT, 0600) < 0 ? -errno : 0);
			R(open("d", O_RDONLY | O_CREAT | O_EXCL, 0600) < 0 ? -errno : 0);
			R(open(".", O_RDONLY | O_CREAT, 0600) < 0 ? -errno : 0);
		}
}

CASE(rules_root_created_set_id)
{
	static const int flags[] = {O_WRONLY | O_CREAT | O_TRUNC, O_WRONLY | O_CREAT,
		O_WRONLY | O_CREAT | O_EXCL | O_TRUNC, O_RDWR | O_CREAT | O_TRUNC};

	mkdir("d", 0777);
	chmod("d", 0777);
	for (int round = 0; round < 2; round++)
		CHILD("asked") {
			umask(0);
			become(round ? 7 : 0, round ? 7 : 0);
			for (size_t i = 0; i < COUNT(flags); i++) {
				close(open("d/f", flags[i], 06755));
				say_mode("d/f");
				close(open("d/f", flags[i], 06755));
				say_mode("d/f");
				unlink("d/f");
			}
			close(creat("d/f", 04711));
			say_mode("d/f");
			unlink("d/f");
		}
}

CASE(rules_root_devices)
{
	struct stat before, after;

	R(mknod("c", S_IFCHR | 0666, 0x103));
	R(mknod("b", S_IFBLK | 0600, 0x7f00));
	R(truncate("c", 0));
	R(truncate("c", 10));
	R(truncate("b", 0));
	for (mode_t mode = 0; mode <= 0777; mode += 0111) {
		R(chmod("c", mode));
		for (int want = 0; want < 8; want++)
			say(" %d:%s", want, access("c", want) ? errno_name(errno) : "ok");
		say("\n");
		CHILD("user") {
			become(7, 7);
			for (int want = 0; want < 8; want++)
				say(" %d:%s", want, access("c", want) ? errno_name(errno) : "ok");
			say("\n");
			R(truncate("c", 0));
		}
	}
	stat("b", &before);
	usleep(20000);
	R(chmod("b", 0640));
	stat("b", &after);
	say("ctime moved %d, mtime %d\n",
		before.st_ctim.tv_sec != after.st_ctim.tv_sec ||
			before.st_ctim.tv_nsec != after.st_ctim.tv_nsec,
		before.st_mtim.tv_nsec != after.st_mtim.tv_nsec);
}

CASE(rules_root_whiteout)
{
	put("x", "x");
	link("x", "y");
	R(SYSCALL(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, "x", 4));
	R(SYSCALL(SYS_renameat2, AT_FDCWD, "x", AT_FDCWD, "y", 4));
	R(SYSCALL(SYS_renameat2, AT_FDCWD, "missing", AT_FDCWD, "y", 4));
	mkdir("d", 0755);
	chown("d", 1000, 1001);
	chmod("d", 02775);
	put("d/f", "x");
	R(SYSCALL(SYS_renameat2, AT_FDCWD, "d/f", AT_FDCWD, "g", 4));
	R(SYSCALL(SYS_renameat2, AT_FDCWD, "g", AT_FDCWD, "d/f", 5));
	R(SYSCALL(SYS_renameat2, AT_FDCWD, "g", AT_FDCWD, "d/h", 5));
	mkdir("d/in", 0700);
	R(SYSCALL(SYS_renameat2, AT_FDCWD, "d/in/", AT_FDCWD, "d/to//", 4));
	R(SYSCALL(SYS_renameat2, AT_FDCWD, "d/to//", AT_FDCWD, "d/on", 5));
	tree(".");
}

/* What is refused before any path is looked at. */
CASE(rules_root_flags_first)
{
	static const struct timespec omit[2] = {{0, UTIME_OMIT}, {0, UTIME_OMIT}};

	mkdir("closed", 0700);
	put("closed/f", "x");
	put("f", "x");
	for (int round = 0; round < 2; round++)
		CHILD("asked") {
			become(round ? 7 : 0, round ? 7 : 0);
			for (unsigned flags = 0; flags < 16; flags++) {
				say("%x ", flags);
				R(SYSCALL(SYS_renameat2, AT_FDCWD, "missing", AT_FDCWD, "no/x",
					flags));
				R(SYSCALL(SYS_renameat2, AT_FDCWD, "closed/f", AT_FDCWD, "f",
					flags | 8));
				R(SYSCALL(SYS_renameat2, AT_FDCWD, "", AT_FDCWD, "f", flags | 8));
			}
			for (unsigned type = 0; type < 16; type++) {
				say("%x ", type);
				R(SYSCALL(
					SYS_mknodat, AT_FDCWD, "missing/x", type << 12 | 0600, 0));
				R(SYSCALL(SYS_mknodat, AT_FDCWD, "closed/x", type << 12 | 0600,
					0x103));
			}
			R(SYSCALL(SYS_unlinkat, AT_FDCWD, "missing/x", 1));
			R(SYSCALL(SYS_linkat, AT_FDCWD, "missing/x", AT_FDCWD, "closed/x", 1));
			R(SYSCALL(SYS_utimensat, AT_FDCWD, "missing/x", omit, 0));
			R(SYSCALL(SYS_utimensat, AT_FDCWD, "closed/f", omit, 0));
			R(SYSCALL(SYS_utimensat, AT_FDCWD, "", omit, 1));
			R(SYSCALL(SYS_utimensat, 77, NULL, omit, 0));
			R(open("closed/x", O_CREAT | O_DIRECTORY, 0600));
			R(open("missing/x", O_CREAT | O_DIRECTORY | O_WRONLY, 0600));
			R(open("missing", O_TMPFILE, 0600));
			R(open("closed", O_TMPFILE, 0600));
		}
}

CASE(rules_root_trusted)
{
	char buf[200];
	long n;

	put("f", "x");
	R(setxattr("f", "trusted.a", "1", 1, 0));
	R(setxattr("f", "user.b", "1", 1, 0));
	chown("f", 1000, 1000);
	chmod("f", 0);
	const int fd = open("f", O_RDWR);

	for (int round = 0; round < 4; round++)
		CHILD("asked") {
			struct {
				unsigned version;
				int pid;
			} head = {0x20080522, 0};
			/* none; CAP_SYS_ADMIN; CAP_DAC_OVERRIDE; and READ_SEARCH and FOWNER */
			static const unsigned caps[] = {0, 1u << 21, 1u << 1, 7u << 1};
			unsigned data[6] = {caps[round], caps[round], 0, 0, 0, 0};

			SYSCALL(SYS_setresgid, 7, 7, 7);
			SYSCALL(SYS_setgroups, 0, NULL);
			prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0);
			SYSCALL(SYS_setresuid, 7, 7, 7);
			SYSCALL(SYS_capset, &head, data);
			R(getxattr("f", "trusted.a", buf, sizeof(buf)));
			R(fgetxattr(fd, "trusted.a", buf, sizeof(buf)));
			R(fgetxattr(fd, "trusted.none", buf, sizeof(buf)));
			R(fgetxattr(fd, "user.b", buf, sizeof(buf)));
			R(getxattr("f", "user.b", buf, sizeof(buf)));
			R(setxattr("f", "trusted.c", "1", 1, 0));
			R(fsetxattr(fd, "trusted.d", "1", 1, 0));
			R(removexattr("f", "trusted.c"));
			n = flistxattr(fd, buf, sizeof(buf));
			for (long at = 0; at < n; at += (long)strlen(buf + at) + 1)
				if (!strncmp(buf + at, "trusted.", 8))
					say("by descriptor %s\n", buf + at);
			n = listxattr("f", buf, sizeof(buf));
			for (long at = 0; at < n; at += (long)strlen(buf + at) + 1)
				if (!strncmp(buf + at, "trusted.", 8))
					say("by name %s\n", buf + at);
			R(fremovexattr(fd, "trusted.d"));
		}
}

CASE(rules_root_across_mounts)
{
	mkdir("a", 0755);
	mkdir("b", 0755);
	R(mount("none", "a", "tmpfs", 0, NULL));
	put("a/f", "x");
	put("b/f", "x");
	mkdir("b/open", 0777);
	chmod("b/open", 0777);
	CHILD("user") {
		become(7, 7);
		R(rename("a/f", "b/g"));
		R(rename("b/f", "a/f"));
		R(rename("b/f", "a/missing"));
		R(rename("b/missing", "a/f"));
		R(link("b/f", "a/g"));
		R(link("b/f", "a/f"));
		R(link("a/f", "b/open/g"));
		R(rename("b/f", "b/g"));
		R(link("b/f", "b/g"));
	}
	R(umount2("a", 0));
}

CASE(rules_root_own_program)
{
	R(open("/proc/self/exe", O_RDONLY | O_CREAT, 0600) >= 0);
	R(open("/proc/self/exe", O_RDONLY | O_CREAT | O_EXCL, 0600));
	R(open("/proc/self/exe", O_RDONLY | O_CREAT | O_NOFOLLOW, 0600));
	R(open("/proc/self/exe", O_WRONLY | O_CREAT, 0600));
	R(open("/proc/self/exe", O_RDONLY | O_TRUNC));
}

CASE(rules_root_fchdir)
{
	mkdir("closed", 0700);
	mkdir("read", 0744);
	mkdir("open", 0711);
	put("f", "x");
	const int closed = open("closed", O_RDONLY), readable = open("read", O_RDONLY);
	const int opened = open("open", O_PATH), file = open("f", O_RDONLY);

	for (int round = 0; round < 2; round++)
		CHILD("asked") {
			become(round ? 7 : 0, round ? 7 : 0);
			R(fchdir(closed));
			R(fchdir(readable));
			R(fchdir(opened));
			R(fchdir(file));
			R(fchdir(77));
		}
}

TOOL(rules_secure)
{
	say("secure %ld, euid %d\n", (long)getauxval(AT_SECURE), (int)geteuid());
}

CASE(rules_root_secure)
{
	static const unsigned bits[] = {
		0, NOROOT, NO_SETUID_FIXUP, NOROOT | NO_SETUID_FIXUP, KEEP_CAPS, NO_AMBIENT_RAISE};
	static const unsigned ids[][3] = {
		{0, 0, 0}, {7, 0, 0}, {0, 7, 7}, {7, 7, 0}, {7, 7, 7}, {7, 8, 7}};

	for (size_t b = 0; b < COUNT(bits); b++)
		for (size_t i = 0; i < COUNT(ids); i++)
			CHILD("asked") {
				say("%x %d %d %d\n", bits[b], ids[i][0], ids[i][1], ids[i][2]);
				prctl(PR_SET_SECUREBITS, bits[b], 0, 0, 0);
				SYSCALL(SYS_setresuid, ids[i][0], ids[i][1], ids[i][2]);
				execv(twin_self, ARGV((char *)twin_self, "@rules_secure"));
				say("exec %e\n", errno);
			}
}
