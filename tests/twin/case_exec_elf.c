/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * case_exec_elf.c - tests execve of ELF files that are damaged, for another machine, or name an
 * unusual interpreter.
 */
#include "twin.h"

static size_t load(char **image)
{
	struct stat st;
	int fd = open(twin_self, O_RDONLY);

	fstat(fd, &st);
	*image = malloc((size_t)st.st_size);
	size_t have = 0;
	long n;
	while (have < (size_t)st.st_size &&
		(n = read(fd, *image + have, (size_t)st.st_size - have)) > 0)
		have += (size_t)n;
	close(fd);
	return have;
}

static void try_image(const char *what, const char *image, size_t size)
{
	unlink("copy");
	int fd = open("copy", O_WRONLY | O_CREAT, 0755);
	write(fd, image, size);
	close(fd);
	CHILD(what)
		R(execve("copy", ARGV("x", "@say", "ran"), environ));
}

/* Programs for another machine, or broken: refused, with the caller still there, or killed. */
CASE(exec_odd_elf)
{
	char *good, *bad;
	size_t size = load(&good);

	bad = malloc(size);
	try_image("good", good, size);
	memcpy(bad, good, size);
	bad[18] = (char)0xb7; /* e_machine: aarch64 */
	try_image("foreign", bad, size);
	memcpy(bad, good, size);
	bad[4] = 1; /* 32 bits, with a 64-bit header */
	try_image("class", bad, size);
	memcpy(bad, good, size);
	bad[16] = 1; /* e_type: relocatable */
	try_image("relocatable", bad, size);
	memcpy(bad, good, size);
	bad[16] = 4; /* core */
	try_image("core", bad, size);
	memcpy(bad, good, size);
	bad[54] = 57; /* e_phentsize */
	try_image("phentsize", bad, size);
	memcpy(bad, good, size);
	bad[56] = bad[57] = 0; /* e_phnum */
	try_image("no headers", bad, size);
	memcpy(bad, good, size);
	memset(bad + 32, 0x7f, 7); /* e_phoff */
	try_image("phoff", bad, size);
	try_image("only a header", good, 64);
	try_image("63 bytes", good, 63);
	memcpy(bad, good, size);
	bad[1] = 'X';
	try_image("magic", bad, size);
}

/* The interpreter that an ELF program names. */
CASE(exec_elf_interpreter)
{
	static const char *const instead[] = {"/t/missing", "/t", "/etc/passwd", "/t/short",
		"/t/text", "/t/noexec", "/t/loop", "/etc/passwd/x"};
	char *good;
	size_t size = load(&good), at, room;

	for (at = 0; at + 20 < size && at < 8192; at++) {
		if (memcmp(good + at, "/lib", 4) == 0 && strstr(good + at, "ld-"))
			break;
	}
	if (at >= 8192 || at + 20 >= size) {
		say("static\n");
		return;
	}
	room = strlen(good + at);
	put_mode("short", "\177ELF", 0755);
	put_mode("text", "some text that is long enough to be a header, but is none, not at all",
		0755);
	put_mode("noexec", "x", 0644);
	symlink("loop", "loop");
	for (size_t i = 0; i < COUNT(instead); i++) {
		say("%s\n", instead[i]);
		memset(good + at, 0, room);
		memcpy(good + at, instead[i], strlen(instead[i]));
		try_image("interpreter", good, size);
	}
	/* By a symlink of the program's making, absolute and above the root. */
	memset(good + at, 0, room);
	memcpy(good + at, "/../t/ld", 8);
	symlink(strstr(twin_self, "musl") ? "/lib/ld-musl-x86_64.so.1" :
					    "/lib64/ld-linux-x86-64.so.2",
		"ld");
	try_image("link", good, size);
	/* Relative to the working directory, as the kernel takes it. */
	memset(good + at, 0, room);
	memcpy(good + at, "ld", 2);
	try_image("relative", good, size);
}
