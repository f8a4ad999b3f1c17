/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * procfs_ipc.c - /proc/sysvipc/{msg,sem,shm} with the ids and modes that the objects show in the
 * jail. Called by procfs.c. */
#include "bytes/equal.h"
#include "bytes/str.h"
#include "ipc/ipc.h"
#include "procfs/lines.h"
#include "procfs/report.h"

#include <linux/errno.h>

#define FIELDS 17u

/* sysvipc_msg_proc_show() of ipc/msg.c and the like: the columns at which the object's ids and its
 * ctime stand; key, id and mode are the first three. */
static const struct {
	const char *name;
	enum fj_ipc type;
	uint8_t uid, ctime;
} tables[] = {
	{"msqid", FJ_IPC_MSG, 7, 13}, {"semid", FJ_IPC_SEM, 4, 9}, {"shmid", FJ_IPC_SHM, 7, 13}};

struct field {
	size_t at, end;
	int64_t value; /* if it is a decimal number */
};

static unsigned read_fields(const char *line, struct field *f)
{
	unsigned count = 0;

	for (size_t at = 0; line[at] && count < FIELDS;) {
		bool is_negative;

		while (line[at] == ' ')
			at++;
		if (!line[at])
			break;
		is_negative = line[at] == '-';
		f[count] = (struct field){.at = at};
		for (; line[at] && line[at] != ' '; at++)
			if (line[at] >= '0' && line[at] <= '9')
				f[count].value = f[count].value * 10 + (line[at] - '0');
		f[count].end = at;
		f[count].value = is_negative ? -f[count].value : f[count].value;
		count++;
	}
	return count;
}

static void put_padded_number(struct fj_str *out, uint64_t value, unsigned base, size_t width)
{
	char text[24];
	struct fj_str s;

	fj_str_init(&s, text, sizeof(text));
	fj_str_num(&s, value, base);
	for (size_t n = s.len; n < width; n++)
		fj_str_put(out, " ");
	fj_str_put(out, text);
}

__attribute__((noinline)) static void put_ipc_line(
	struct fj_report *r, const char *line, unsigned table)
{
	const unsigned uid = tables[table].uid, at_ctime = tables[table].ctime;
	struct field f[FIELDS];
	struct ipc64_perm perm = {0};

	if (read_fields(line, f) <= at_ctime) {
		fj_str_put(&r->text, line);
		return;
	}
	perm.key = (int32_t)f[0].value;
	for (size_t i = f[2].at; i < f[2].end; i++)
		perm.mode = perm.mode * 8 + (uint32_t)(line[i] - '0');
	perm.uid = (uint32_t)f[uid].value;
	perm.gid = (uint32_t)f[uid + 1].value;
	perm.cuid = (uint32_t)f[uid + 2].value;
	perm.cgid = (uint32_t)f[uid + 3].value;
	fj_ipc_show_perm(
		tables[table].type, (int32_t)f[1].value, (uint64_t)f[at_ctime].value, &perm);
	fj_str_add(&r->text, line, f[1].end);
	fj_str_put(&r->text, "  "); /* "  %4o" */
	put_padded_number(&r->text, perm.mode, 8, 4);
	fj_str_add(&r->text, line + f[2].end, f[uid - 1].end - f[2].end);
	for (unsigned i = 0; i < 4; i++) {
		const uint32_t id[] = {perm.uid, perm.gid, perm.cuid, perm.cgid};

		fj_str_put(&r->text, " "); /* " %5u" */
		put_padded_number(&r->text, id[i], 10, 5);
	}
	fj_str_put(&r->text, line + f[uid + 3].end);
}

void fj_report_ipc(struct fj_report *r)
{
	struct field f[FIELDS];
	struct fj_lines l;
	unsigned table = 0;
	size_t len;
	char *line;

	if (fj_lines_begin(&l, r))
		return;
	line = fj_lines_next(&l, &len);
	if (line && read_fields(line, f) > 2) {
		const char *name = line + f[1].at;

		while (table < 3 && !fj_begins(name, tables[table].name))
			table++;
	} else {
		table = 3;
	}
	if (table == 3) { /* /proc/sys/kernel/sem */
		r->error = -EAGAIN;
	} else {
		fj_str_put(&r->text, line);
		fj_str_put(&r->text, "\n");
		while ((line = fj_lines_next(&l, &len))) {
			put_ipc_line(r, line, table);
			fj_str_put(&r->text, "\n");
			fj_report_step(r);
		}
	}
	fj_lines_close(&l);
}
