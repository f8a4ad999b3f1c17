/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * make_jail.c - makes the jail's memory, which all its processes share, and the descriptors that stay open.
 * Called by launch.c. */
#include "bytes/equal.h"
#include "bytes/len.h"
#include "command/command.h"
#include "jail/epoch.h"
#include "jail/jail.h"
#include "jail/texts.h"
#include "mount-table/paths.h"
#include "ownership/ownership.h"
#include "path/path.h"
#include "procfs/machine.h"
#include "records/disk.h"
#include "records/jail_records.h"
#include "records/start.h"
#include "setup/layout.h"
#include "setup/setup.h"
#include "sys/fd.h"
#include "sys/page.h"
#include "syscall/fcntl.h"
#include "syscall/mman.h"
#include "syscall/prctl.h"
#include "syscall/resource.h"
#include "syscall/socket.h"
#include "syscall/stat.h"
#include "syscall/system.h"
#include "syscall/unistd_close.h"
#include "syscall/unistd_ids.h"
#include "syscall/unistd_io.h"
#include "syscall/unistd_names.h"

#include <asm/stat.h>
#include <linux/mman.h>
#include <linux/prctl.h>
#include <linux/resource.h>
#include <linux/utsname.h>

#define FEW_DESCRIPTORS 64u
/* The three that every program has, ours, and five that a start needs at the same time: root, memory, records,
 * the host's records, and the new descriptor in place_descriptors(). */
#define LEAST_DESCRIPTORS (3 + FJ_FD_COUNT + 5)
#define COPIES_SIZE (64UL << 20)
#define USUAL_LIMIT 1024u /* above it, every process's descriptor table would grow */

static bool is_descriptor_open(int fd)
{
	return fj_sys_fcntl(fd, F_GETFD, 0) >= 0;
}

_Noreturn static void refuse_few_descriptors(void)
{
	fj_launch_fail("too few file descriptors: raise `ulimit -n`", "", 0);
}

/* If the soft limit of descriptors is low, raise it for the start and for the jail's own descriptors: they
 * stay open when the limit falls again (getrlimit(2)). Returns the old limit. */
static struct rlimit64 raise_descriptors(void)
{
	struct rlimit64 before = {0}, raised;

	fj_sys_prlimit64(0, RLIMIT_NOFILE, 0, &before);
	raised = before;
	if (before.rlim_cur < FEW_DESCRIPTORS)
		raised.rlim_cur =
			before.rlim_max < FEW_DESCRIPTORS ? before.rlim_max : FEW_DESCRIPTORS;
	if (raised.rlim_cur < LEAST_DESCRIPTORS)
		refuse_few_descriptors();
	if (before.rlim_cur < FEW_DESCRIPTORS)
		fj_sys_prlimit64(0, RLIMIT_NOFILE, &raised, 0);
	return before;
}

/* The highest run of unused numbers below the usual limit: it disturbs programs least that open many
 * files. */
static int choose_numbers(void)
{
	struct rlimit64 limit = {0};
	int base;

	fj_sys_prlimit64(0, RLIMIT_NOFILE, 0, &limit);
	base = (int)(limit.rlim_cur < USUAL_LIMIT ? limit.rlim_cur : USUAL_LIMIT) - FJ_FD_COUNT;
	for (; base > 2; base--) {
		int i = 0;

		while (i < FJ_FD_COUNT && !is_descriptor_open(base + i))
			i++;
		if (i == FJ_FD_COUNT)
			return base;
	}
	refuse_few_descriptors();
}

/* Put `fds` at their numbers, and fill all numbers: a free one would be given to the program, which could
 * not close it. Those without a use get the root, the first descriptor.
 *
 * All are O_PATH descriptors: if the program reads, writes or truncates such a number, the kernel says
 * EBADF, as for one that is not open. */
static int place_descriptors(const int *fds, int count)
{
	const int base = choose_numbers();

	for (int i = 0; i < count; i++) {
		const long fd = fds[i] < 0 ? base : fj_open_anew(fds[i], O_PATH);

		if (fd < 0 || fj_sys_dup3(fd, base + i, 0) != base + i)
			refuse_few_descriptors();
		if (fds[i] < 0)
			continue;
		fj_sys_close((int)fd);
		fj_sys_close(fds[i]);
	}
	return base;
}

static void text_of_fd(int fd, char *out)
{
	const long n = fj_fd_target(fd, out);

	if (n < 0)
		fj_launch_fail("needs /proc on the host", "", n);
	out[n] = 0;
}

static bool kernel_is_at_least(unsigned major, unsigned minor)
{
	struct new_utsname name;
	unsigned number[2] = {0, 0};
	const char *p = name.release;

	fj_sys_uname(&name);
	for (int i = 0; i < 2; i++, p++)
		for (; *p >= '0' && *p <= '9'; p++)
			number[i] = number[i] * 10 + (unsigned)(*p - '0');
	return number[0] > major || (number[0] == major && number[1] >= minor);
}

/* Make room for cached texts, after all else, if the limit of file sizes (setrlimit(2)) permits it. Only
 * used room costs memory. */
static void make_room_for_texts(int memory)
{
	fj_texts()->copies_at = (FJ_JAIL_MEMORY + FJ_PAGE - 1) & ~(uint64_t)(FJ_PAGE - 1);
	if (fj_may_grow_to(fj_texts()->copies_at + COPIES_SIZE) &&
		!fj_sys_ftruncate(memory, fj_texts()->copies_at + COPIES_SIZE))
		fj_texts()->copies_size = COPIES_SIZE;
}

static uint64_t device_of_fd(long fd)
{
	struct stat st = {0};

	fj_sys_newfstatat(fd, "", &st, AT_EMPTY_PATH);
	return st.st_dev;
}

static void note_nameless(int memory)
{
	int pair[2] = {-1, -1};

	fj_jail->nameless_dev[0] = device_of_fd(memory);
	fj_sys_pipe2(pair, 0);
	for (int i = 0; i < 2; i++) {
		fj_jail->nameless_dev[1] = device_of_fd(pair[i]);
		fj_sys_close(pair[i]);
	}
	pair[0] = (int)fj_sys_socket(1 /* AF_UNIX */, 1 /* SOCK_STREAM */, 0);
	fj_jail->nameless_dev[2] = device_of_fd(pair[0]);
	fj_sys_close(pair[0]);
}

/* The jail's memory in units of 1024 bytes, as bash's ulimit takes them. */
#define LEAST_KIB "4288"
_Static_assert(FJ_JAIL_MEMORY == 4288 * 1024, "LEAST_KIB is the size of the jail's memory");

/* The limit of file sizes is meant for the program. Raise it to the hard limit for what the jail needs.
 * Returns the old limit. */
static struct rlimit64 raise_file_sizes(void)
{
	struct rlimit64 before = {0}, raised;

	fj_sys_prlimit64(0, RLIMIT_FSIZE, 0, &before);
	raised = before;
	raised.rlim_cur = raised.rlim_max;
	fj_sys_prlimit64(0, RLIMIT_FSIZE, &raised, 0);
	if (!fj_may_grow_to(FJ_JAIL_MEMORY))
		fj_launch_fail(
			"the limit of file sizes is too low: raise `ulimit -f` to " LEAST_KIB, "",
			-EFBIG);
	return before;
}

/* May the time stamp counter be read? (Otherwise reading it would kill the process.) */
static bool may_read_ticks(void)
{
	int mode = 0;

	return !fj_sys_prctl(PR_GET_TSC, (unsigned long)&mode, 0, 0, 0) && mode == PR_TSC_ENABLE;
}

void fj_jail_make(char **envp)
{
	const struct rlimit64 file_sizes = raise_file_sizes(), descriptors = raise_descriptors();
	int fds[FJ_FD_COUNT] = {-1, -1, -1, -1, -1, -1, -1, -1}; /* in the order of FJ_FD_ */
	struct stat st;
	const long root = fj_open_path(AT_FDCWD, fj_options.root, O_DIRECTORY);
	long memory, at;

	if (root < 0)
		fj_launch_fail("cannot open the root", fj_options.root, root);
	memory = fj_sys_memfd_create(FJ_MEMORY_NAME, 0);
	if (memory < 0)
		fj_launch_fail("cannot make the jail's memory", "", memory);
	at = fj_sys_ftruncate(memory, FJ_JAIL_MEMORY);
	if (at < 0)
		fj_launch_fail("cannot make the jail's memory", "", at);
	at = fj_sys_mmap(0, FJ_JAIL_MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED, memory, 0);
	if (fj_is_err(at))
		fj_launch_fail("cannot map the jail's memory", "", at);
	fj_jail = (struct fj_jail *)at;
	fj_jail->magic = FJ_JAIL_MAGIC;
	fj_jail->layout = FJ_JAIL_LAYOUT;
	make_room_for_texts((int)memory);
	note_nameless((int)memory);
	fj_facts_state()->epoch = 1;
	fj_facts_state()->lifetime = may_read_ticks() ? FJ_FACT_LIFETIME : 0;
	fj_jail->first_pid = (int32_t)fj_sys_getpid();
	fj_jail->has_trap = !fj_options.no_trap;
	fj_sys_newfstatat(root, "", &st, AT_EMPTY_PATH);
	fj_jail->root_dev = st.st_dev;
	fj_jail->root_ino = st.st_ino;
	text_of_fd((int)root, fj_jail_paths()->root);
	if (fj_streq(fj_jail_paths()->root, "/"))
		fj_jail_paths()->root[0] = 0;
	at = fj_sys_readlinkat(AT_FDCWD, "/proc/self/exe", fj_jail_paths()->loader, PATH_MAX - 1);
	if (at < 0)
		fj_launch_fail("needs /proc on the host", "", at);
	fj_launch_put(fj_jail_paths()->name, fj_options.name, PATH_MAX);
	if ((fj_options.release && fj_strlen(fj_options.release) > 64) ||
		(fj_options.hostname && fj_strlen(fj_options.hostname) > 64))
		fj_launch_fail("what --kernel-release and --hostname say is 64 bytes at most: "
			       "uname(2) has no room for more",
			"", 0);
	if (fj_options.release)
		fj_launch_put(
			fj_machine()->release, fj_options.release, sizeof(fj_machine()->release));
	if (fj_options.hostname) {
		struct fj_machine_names *names = &fj_machine()->names[0];

		fj_launch_put(names->hostname, fj_options.hostname, sizeof(names->hostname));
		names->has_hostname = true;
	}
	fds[0] = (int)root;
	fds[1] = (int)memory;
	fds[4] = fj_owners_open(fj_options.db, (int)root, envp, &fds[5]);
	fj_jail_records()->has_host_owners = fds[5] >= 0;
	fj_fds_of(fj_jail)->root = place_descriptors(fds, FJ_FD_COUNT);
	fj_owner_shared = fj_owner_shared_with_others(FJ_FD_OWNERS(fj_jail),
		fj_jail_records()->has_host_owners ? FJ_FD_HOST_OWNERS(fj_jail) : -1);
	fj_jail_records()->owners_shared = fj_owner_shared;
	fj_owner_is_scattered = fj_owner_scatters(FJ_FD_ROOT(fj_jail));
	fj_jail_records()->is_scattered = fj_owner_is_scattered;
	fj_owner_follows_tags = fj_owner_is_scattered || fj_owner_have_moved(FJ_FD_OWNERS(fj_jail));
	fj_jail_records()->follows_tags = fj_owner_follows_tags;
	fj_sys_prlimit64(0, RLIMIT_NOFILE, &descriptors, 0);
	fj_owner_is_forgetful = fj_owner_forgets(FJ_FD_ROOT(fj_jail));
	fj_jail_records()->is_forgetful = fj_owner_is_forgetful;
	at = fj_owner_start(FJ_FD_OWNERS(fj_jail),
		fj_jail_records()->has_host_owners ? FJ_FD_HOST_OWNERS(fj_jail) : -1);
	if (at < 0)
		fj_launch_fail("cannot map the owners' records", "", at);
	if (fj_owner_shared & 1)
		fj_owners_try();
	fj_owners_look_around(fj_options.db, envp, fj_options.is_quiet);
	fj_jail->names_comm_by_file = kernel_is_at_least(6, 14);
	fj_lacks()->faccessat2 = fj_sys_faccessat2(-1, ".", 0, 0) == -ENOSYS;
	if (fj_openat2(-1, ".", O_PATH, 0, 0) != -EBADF)
		fj_lacks()->openat2 = 1;
	fj_sys_prlimit64(0, RLIMIT_FSIZE, &file_sizes, 0);
}
