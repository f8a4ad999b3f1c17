/* SPDX-FileCopyrightText: The fakejail authors SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * check_image.c - tests how the first bytes of an executable file are read (exec-format/image.c):
 * the cases of fs/binfmt_script.c and fs/binfmt_elf.c. Random #! lines are compared with the
 * kernel. */
#include "syscall/unistd_names.h"
#include "syscall/unistd_process.h"
#include "unit.h"

#include "exec-format/exec.h"
#include "exec-format/elf_note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* The head of a file of `size` bytes, filled up with zeros. ASan reports a read behind its end. */
static char *head_of(const void *bytes, size_t size)
{
	static char head[FJ_HEAD_SIZE + 1];

	memset(head, 0, sizeof(head));
	memcpy(head, bytes, size < FJ_HEAD_SIZE ? size : FJ_HEAD_SIZE);
	return head;
}

#define X10 "xxxxxxxxxx"
#define X100 X10 X10 X10 X10 X10 X10 X10 X10 X10 X10
#define X240 X100 X100 X10 X10 X10 X10

static const struct {
	const char *line;
	size_t size;
	const char *interpreter; /* NULL: ENOEXEC */
	const char *argument;
} lines[] = {
#define LINE(text, interpreter, argument)                                                          \
	{                                                                                          \
		text, sizeof(text) - 1, interpreter, argument                                      \
	}
	LINE("#!/bin/sh\n", "/bin/sh", NULL),
	LINE("#!/bin/sh", "/bin/sh", NULL),
	LINE("#! /bin/sh\n", "/bin/sh", NULL),
	LINE("#!\t \t/bin/sh\t \n", "/bin/sh", NULL),
	LINE("#!/bin/sh -e\n", "/bin/sh", "-e"),
	LINE("#!/bin/sh -e -x  y \t\n", "/bin/sh", "-e -x  y"),
	LINE("#!/bin/sh\t-e\n", "/bin/sh", "-e"),
	LINE("#!/bin/sh \t -e\n", "/bin/sh", "-e"),
	LINE("#!/bin/sh -e\nrest -x\n", "/bin/sh", "-e"),
	LINE("#!/bin/sh\r\n", "/bin/sh\r", NULL),
	LINE("#!/bin/sh -e\r\n", "/bin/sh", "-e\r"),
	LINE("#!sh\n", "sh", NULL),
	LINE("#!/a\0b\n", "/a", NULL), /* strnchr() stops at the NUL, before the newline */
	LINE("#!/a b\0c\n", "/a", "b"),
	LINE("#!/a \0c\n", "/a", ""), /* a blank and the end of the text: the argument is empty */
	LINE("#!/a \n", "/a", NULL),
	LINE("#!\n", NULL, NULL),
	LINE("#! \t\n", NULL, NULL),
	LINE("#!\n/bin/sh\n", NULL, NULL),
	LINE("#", NULL, NULL),
	LINE("", NULL, NULL),
	LINE(" #!/bin/sh\n", NULL, NULL),
	LINE("#/bin/sh\n", NULL, NULL),
	LINE("!#/bin/sh\n", NULL, NULL),
	LINE("\177ELF", NULL, NULL),
	/* 256 bytes are read. If no end of the path is among them, it may be cut, so that it is not
	 * executed. */
	LINE("#!/" X240 X10 "yyy", NULL, NULL),
	LINE("#!/" X240 X10 "yy\n", "/" X240 X10 "yy", NULL),
	LINE("#!/" X240 X10 "yy", "/" X240 X10 "yy",
		NULL), /* the file has 255 bytes: a NUL ends the path */
	LINE("#!/" X240 X10 "y -long", "/" X240 X10 "y",
		NULL), /* the path is complete, and the argument is cut */
	LINE("#!/" X240 " -long argument", "/" X240, "-long argum"),
#undef LINE
};

static void check_line(const char *line, size_t size, const char *interpreter, const char *argument)
{
	const char *got = NULL, *got_argument = "(not set)";
	const long r = fj_script_parse(head_of(line, size), &got, &got_argument);

	unit_assert_result(r, interpreter ? 0 : -ENOEXEC);
	if (!interpreter)
		return;
	ck_assert_str_eq(got, interpreter);
	if (argument)
		ck_assert_str_eq(got_argument, argument);
	else
		ck_assert_ptr_null(got_argument);
}

START_TEST(script)
{
	check_line(lines[_i].line, lines[_i].size, lines[_i].interpreter, lines[_i].argument);
}
END_TEST

/* ---- comparison with the kernel ---- */

/* Executes the file "script" of the tree. Its interpreter `i` is echo, whose output goes to `out`.
 * Returns 0 or -errno. */
static long run_script(char *out, size_t size)
{
	char *argv[] = {(char *)"script", NULL}, *envp[] = {NULL};
	int fds[2], status;
	ssize_t n;
	pid_t pid;

	ck_assert_int_eq(pipe(fds), 0);
	pid = fork();
	if (!pid) {
		dup2(fds[1], 1);
		_exit(-(int)fj_sys_execve("./script", argv, envp));
	}
	close(fds[1]);
	for (size_t have = 0; (n = read(fds[0], out + have, size - 1 - have)) > 0; out[have] = 0)
		have += (size_t)n;
	close(fds[0]);
	ck_assert_int_eq(waitpid(pid, &status, 0), pid);
	ck_assert(WIFEXITED(status));
	return -WEXITSTATUS(status);
}

/* A line of bytes with a meaning in #! lines, of a length near the kernel's limit. `i` is the only
 * interpreter that exists. */
static size_t random_line(char *line)
{
	static const char bytes[] = "ii/xx  \t\t\n\0";
	const size_t size = unit_random(4) ? unit_random(16) : 240 + unit_random(30);
	size_t n = 0;

	n += (size_t)sprintf(line, "#!%s", unit_random(2) ? "" : " ");
	if (unit_random(2))
		n += (size_t)sprintf(line + n, "i%s", unit_random(3) ? " " : "");
	while (n < size)
		line[n++] = bytes[unit_random(sizeof(bytes) - 1)];
	return n;
}

START_TEST(script_as_kernel)
{
	const unsigned seed = unit_seed((unsigned)_i);

	tree_begin();
	fj_sys_chdir(tree_path(""));
	tree_link("i", "/bin/echo");
	for (int i = 0; i < 40; i++) {
		char line[300], shown[1024] = "", want[1024];
		const char *interpreter = "", *argument = NULL;
		const size_t size = random_line(line);
		long r, kernel;

		tree_bytes("script", line, size, 0755);
		kernel = run_script(shown, sizeof(shown));
		unlink("script");
		r = fj_script_parse(head_of(line, size), &interpreter, &argument);
		if (kernel == -ENOEXEC || r == -ENOEXEC) {
			/* The line is only "#!" and NUL: the kernel tries to open "". Shells
			 * treat its error like ENOEXEC. */
			ck_assert_msg(r == kernel || (r == -ENOEXEC && line[size - 1] == 0),
				"seed %u, line %d: %s, not %s", seed, i, unit_result(r),
				unit_result(kernel));
		} else if (kernel == 0) {
			snprintf(want, sizeof(want), "%s%s./script\n", argument ? argument : "",
				argument ? " " : "");
			ck_assert_msg(!strcmp(interpreter, "i") || strchr(interpreter, '/'),
				"seed %u, line %d", seed, i);
			ck_assert_msg(!strcmp(shown, want), "seed %u, line %d: \"%s\", not \"%s\"",
				seed, i, want, shown);
		} else {
			ck_assert_msg(strcmp(interpreter, "i"),
				"seed %u, line %d: the kernel says %s", seed, i,
				unit_result(kernel));
		}
	}
	tree_end();
}
END_TEST

/* ---- ELF ---- */

static const Elf64_Ehdr good = {
	.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, EV_CURRENT},
	.e_type = ET_DYN,
	.e_machine = EM_X86_64,
	.e_phentsize = sizeof(Elf64_Phdr),
	.e_phnum = 13,
};

#define WITH(field, value, result)                                                                 \
	{                                                                                          \
#field " = " #value, offsetof(Elf64_Ehdr, field), sizeof(good.field), value,       \
			result                                                                     \
	}
static const struct {
	const char *what;
	size_t at, size;
	uint64_t value;
	long result;
} headers[] = {
	WITH(e_type, ET_DYN, 0),
	WITH(e_type, ET_EXEC, 0),
	WITH(e_type, ET_REL, -ENOEXEC),
	WITH(e_type, ET_CORE, -ENOEXEC),
	WITH(e_type, ET_NONE, -ENOEXEC),
	WITH(e_machine, EM_AARCH64, -ENOEXEC),
	WITH(e_machine, EM_386, -ENOEXEC),
	WITH(e_machine, EM_NONE, -ENOEXEC),
	WITH(e_ident[0], 0, -ENOEXEC),
	WITH(e_ident[3], 'f', -ENOEXEC),
	WITH(e_ident[EI_CLASS], ELFCLASS32,
		0), /* the kernel does not read this field; a 32-bit header has other sizes */
	WITH(e_phentsize, sizeof(Elf64_Phdr) - 1, -ENOEXEC),
	WITH(e_phentsize, 32, -ENOEXEC),
	WITH(e_phnum, 0, -ENOEXEC),
	WITH(e_phnum, 1, 0),
	WITH(e_phnum, FJ_PHDRS_MAX, 0),
	WITH(e_phnum, FJ_PHDRS_MAX + 1, -ENOEXEC),
	WITH(e_phnum, 0xffff, -ENOEXEC),
};

START_TEST(elf)
{
	Elf64_Ehdr head = good;

	memcpy((char *)&head + headers[_i].at, &headers[_i].value, headers[_i].size);
	ck_assert_msg(
		fj_elf_check(&head, sizeof(head)) == headers[_i].result, "%s", headers[_i].what);
}
END_TEST

/* Files that are shorter than their header, each in memory of exactly that size. */
START_TEST(elf_cut_short)
{
	for (size_t size = 0; size <= sizeof(good); size++) {
		void *head = malloc(size + !size);

		memcpy(head, &good, size);
		unit_assert_result(fj_elf_check(head, size), size < sizeof(good) ? -ENOEXEC : 0);
		ck_assert_uint_eq(fj_elf_machine(head, size), size < 20 ? 0 : EM_X86_64);
		free(head);
	}
}
END_TEST

/* ---- the note of a loader ---- */

struct note {
	Elf64_Nhdr head;
	char name[12];
	uint32_t value;
};
static const struct note ours = {{FJ_NOTE_SIZE, 4, FJ_NOTE_TYPE}, "fakejail", FJ_NOTE_COMMAND_LINE};
struct noted {
	Elf64_Ehdr head;
	Elf64_Phdr ph[2];
	struct {
		Elf64_Nhdr head;
		char name[4];
		char id[20];
	} build;
	struct note note;
};

static struct noted noted_program(void)
{
	struct noted p = {.head = good, .build = {{4, 20, 3}, "GNU", ""}, .note = ours};

	p.head.e_phoff = offsetof(struct noted, ph);
	p.head.e_phnum = 2;
	p.ph[0] = (Elf64_Phdr){.p_type = PT_LOAD, .p_filesz = sizeof(p)};
	p.ph[1] = (Elf64_Phdr){.p_type = PT_NOTE,
		.p_offset = offsetof(struct noted, build),
		.p_filesz = sizeof(p) - offsetof(struct noted, build)};
	return p;
}

START_TEST(elf_note)
{
	struct noted p = noted_program();

	ck_assert(fj_elf_is_loader(&p, sizeof(p)));
	/* The part that was read ends at any byte, in memory of exactly that size. */
	for (size_t size = sizeof(Elf64_Ehdr); size < sizeof(p); size++) {
		void *cut = malloc(size);

		memcpy(cut, &p, size);
		ck_assert_msg(!fj_elf_is_loader(cut, size), "%zu bytes", size);
		free(cut);
	}
	p.ph[1].p_type = PT_LOAD;
	ck_assert(!fj_elf_is_loader(&p, sizeof(p)));
	p = noted_program();
	p.ph[1].p_filesz--;
	ck_assert(!fj_elf_is_loader(&p, sizeof(p)));
	p = noted_program();
	p.note.value++;
	ck_assert(!fj_elf_is_loader(&p, sizeof(p)));
	p = noted_program();
	p.note.name[0]++;
	ck_assert(!fj_elf_is_loader(&p, sizeof(p)));
	p = noted_program();
	p.note.head.n_type++;
	ck_assert(!fj_elf_is_loader(&p, sizeof(p)));
}
END_TEST

/* Offsets that lead behind the end, or into a loop. */
START_TEST(elf_note_spoilt)
{
	static const uint64_t values[] = {0, 1, 7, 63, 64, 4096, 0x7fffffff, 0xfffffffd, 0xffffffff,
		0x7fffffffffffffff, 0xfffffffffffffff8, 0xffffffffffffffff};

	for (size_t i = 0; i < sizeof(values) / sizeof(values[0]); i++) {
		struct noted *p = malloc(sizeof(*p));

		*p = noted_program();
		p->head.e_phoff = values[i];
		ck_assert(!fj_elf_is_loader(p, sizeof(*p)) || values[i] == sizeof(p->head));
		*p = noted_program();
		p->ph[1].p_offset = values[i];
		fj_elf_is_loader(p, sizeof(*p));
		p->ph[1].p_filesz = values[i];
		fj_elf_is_loader(p, sizeof(*p));
		*p = noted_program();
		p->build.head.n_namesz = (uint32_t)values[i];
		fj_elf_is_loader(p, sizeof(*p));
		p->build.head.n_descsz = (uint32_t)values[i];
		fj_elf_is_loader(p, sizeof(*p));
		free(p);
	}
}
END_TEST

Suite *unit_suite_image(void)
{
	Suite *s = suite_create("image");
	TCase *c = tcase_create("image");

	tcase_add_loop_test(c, script, 0, sizeof(lines) / sizeof(lines[0]));
	tcase_add_loop_test(c, script_as_kernel, 0, 5);
	tcase_add_loop_test(c, elf, 0, sizeof(headers) / sizeof(headers[0]));
	tcase_add_test(c, elf_cut_short);
	tcase_add_test(c, elf_note);
	tcase_add_test(c, elf_note_spoilt);
	suite_add_tcase(s, c);
	return s;
}
