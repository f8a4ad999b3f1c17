/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * frames.c - which bytes of a text are code, by the list of functions that a library has for unwinding.
 * Called by certain.c, functions.c and patch/sites.c.
 *
 * A text may hold data: tables of a cipher between its functions, or all read-only data, from an old
 * linker. Two bytes of data look like a system call once in 64 KB. Functions that make system calls have an
 * entry in .eh_frame: the compiler writes it, and libc's assembly has it too. The sorted table in
 * .eh_frame_hdr (LSB Core, 10.6) leads to it. Decoding from the beginning of a function is in step with its
 * instructions.
 *
 * Pure. The bytes may be anything. Only the encodings that x86-64 linkers write are known. */
#include "text/frames.h"

#include "bytes/bytes.h"
#include "bytes/copy.h"
#include "text/decode.h"

#include <linux/elf.h>

#define PT_GNU_EH_FRAME_ 0x6474e550

bool fj_frames_read(const struct fj_frames *f, uint64_t offset, void *to, size_t len)
{
	if (offset > f->len || f->len - offset < len)
		return false;
	memcpy(to, f->file + offset, len);
	return true;
}

static uint64_t read_signed32(const uint8_t *at)
{
	int32_t value;

	memcpy(&value, at, sizeof(value));
	return (uint64_t)(int64_t)value;
}

/* The i-th program header. */
static bool read_program_header(const struct fj_frames *f, uint32_t i, Elf64_Phdr *p)
{
	Elf64_Ehdr e;

	return fj_frames_read(f, 0, &e, sizeof(e)) && i < e.e_phnum &&
	       e.e_phentsize == sizeof(*p) && e.e_phoff < f->len &&
	       fj_frames_read(f, e.e_phoff + i * sizeof(*p), p, sizeof(*p));
}

static void note_loads(struct fj_frames *f)
{
	Elf64_Phdr p;

	for (uint32_t i = 0; read_program_header(f, i, &p); i++) {
		if (p.p_type != PT_LOAD)
			continue;
		if (f->loads < FJ_FRAMES_LOADS)
			f->load[f->loads] = (struct fj_frames_load){
				p.p_vaddr, p.p_filesz, p.p_offset - p.p_vaddr};
		f->loads++;
	}
}

/* The segment that contains the address, or the file offset, `at`. */
static bool find_load(
	const struct fj_frames *f, uint64_t at, bool is_offset, struct fj_frames_load *found)
{
	Elf64_Phdr p;

	for (uint32_t i = 0; f->loads <= FJ_FRAMES_LOADS && i < f->loads; i++) {
		*found = f->load[i];
		if (at - found->address - (is_offset ? found->to_offset : 0) < found->len)
			return true;
	}
	for (uint32_t i = 0; f->loads > FJ_FRAMES_LOADS && read_program_header(f, i, &p); i++) {
		*found = (struct fj_frames_load){p.p_vaddr, p.p_filesz, p.p_offset - p.p_vaddr};
		if (p.p_type == PT_LOAD && at - (is_offset ? p.p_offset : p.p_vaddr) < p.p_filesz)
			return true;
	}
	return false;
}

/* From a file offset to the address as linked. */
static bool address_of(const struct fj_frames *f, uint64_t offset, uint64_t *address)
{
	struct fj_frames_load load;

	if (!find_load(f, offset, true, &load))
		return false;
	*address = offset - load.to_offset;
	return true;
}
bool fj_frames_offset_of(const struct fj_frames *f, uint64_t address, uint64_t *offset)
{
	struct fj_frames_load load;

	if (!find_load(f, address, false, &load))
		return false;
	*offset = address + load.to_offset;
	return true;
}

void fj_frames_find(struct fj_frames *f, const uint8_t *file, size_t len)
{
	/* version, and encodings: of the pointer to .eh_frame pcrel sdata4, of the count udata4, of
	 * the table datarel sdata4 */
	static const uint8_t known[] = {1, 0x1b, 0x03, 0x3b};
	uint8_t head[12];
	uint32_t count;
	Elf64_Phdr p;

	*f = (struct fj_frames){.file = file, .len = len};
	note_loads(f);
	for (uint32_t i = 0; read_program_header(f, i, &p); i++)
		if (p.p_type == PT_GNU_EH_FRAME_ &&
			fj_frames_read(f, p.p_offset, head, sizeof(head)) &&
			!memcmp(head, known, sizeof(known))) {
			memcpy(&count, head + 8, sizeof(count));
			if (count > (len - p.p_offset - sizeof(head)) / 8)
				continue;
			f->table = file + p.p_offset + sizeof(head);
			f->count = count;
			f->table_at = p.p_vaddr;
			return;
		}
}

bool fj_frames_is_known_cie(const struct fj_frames *f, uint64_t at)
{
	uint8_t cie[40]; /* length, id, version, augmentation, ... */
	size_t next = 9, data;

	if (!fj_frames_read(f, at, cie, sizeof(cie)) || cie[8] != 1 || cie[9] != 'z')
		return false;
	while (next < 14 && cie[next])
		next++;
	/* Two alignments, the return register and the length of what follows are a byte each. */
	data = next + 5;
	for (size_t i = 10; i < next && data < sizeof(cie); i++)
		switch (cie[i]) {
		case 'R': /* how the beginning of a function is told */
			return cie[data] == 0x1b;
		case 'P': /* the encoding of a pointer, and it */
			data += (cie[data] & 15) == 0 ? 9 : 5;
			break;
		case 'L':
			data++;
			break;
		case 'S':
			break;
		default:
			return false;
		}
	return false;
}

/* The function at or before `address`: its beginning and length. */
static bool function_of(const struct fj_frames *f, uint64_t address, uint64_t *from, uint32_t *len)
{
	uint32_t low = 0, high = f->count;
	uint64_t entry;
	uint8_t frame[16]; /* length, CIE pointer, beginning (pcrel sdata4), length of the
			    * function */
	uint32_t cie;

	while (low < high) {
		const uint32_t middle = (low + high) / 2;

		if (f->table_at + read_signed32(f->table + middle * 8UL) <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (!low)
		return false;
	*from = f->table_at + read_signed32(f->table + (low - 1) * 8UL);
	if (!fj_frames_offset_of(
		    f, f->table_at + read_signed32(f->table + (low - 1) * 8UL + 4), &entry) ||
		!fj_frames_read(f, entry, frame, sizeof(frame)))
		return false;
	memcpy(&cie, frame + 4, sizeof(cie));
	memcpy(len, frame + 12, sizeof(*len));
	return cie && fj_frames_is_known_cie(f, entry + 4 - cie);
}

bool fj_frames_function(const struct fj_frames *f, uint64_t offset, uint64_t *from, uint64_t *end)
{
	uint64_t address, begins;
	uint32_t len;

	if (!f->table || !address_of(f, offset, &address) ||
		!function_of(f, address, &begins, &len) || address - begins >= len ||
		address - begins > offset)
		return false;
	*from = offset - (address - begins);
	*end = *from + len;
	return true;
}

/* Instructions that programs do not use. Bytes that are not code soon contain one. */
static bool is_strange(const uint8_t *p)
{
	switch (*p) {
	case 0x26: /* segment prefixes without effect, address size */
	case 0x2e:
	case 0x36:
	case 0x65:
	case 0x67:
	case 0x6c: /* ins, outs */
	case 0x6d:
	case 0x6e:
	case 0x6f:
	case 0x8c: /* segment registers */
	case 0x8e:
	case 0x9b: /* fwait */
	case 0x9e: /* sahf, lahf */
	case 0x9f:
	case 0xca: /* far returns, interrupts */
	case 0xcb:
	case 0xcd:
	case 0xcf:
	case 0xd7: /* xlat */
	case 0xe4: /* in, out */
	case 0xe5:
	case 0xe6:
	case 0xe7:
	case 0xec:
	case 0xed:
	case 0xee:
	case 0xef:
	case 0xf1: /* int1 */
	case 0xfa: /* cli, sti */
	case 0xfb:
		return true;
	default:
		return false;
	}
}

/* Decoded from `from` on, does an instruction begin at `to`? `is_listed`: the bytes are known to be
 * code. */
static bool is_in_step(const struct fj_frames *f, uint64_t from, uint64_t to, bool is_listed)
{
	struct fj_insn insn;

	for (; from < to; from += insn.len)
		if (!fj_decode(f->file + from, f->len - from, &insn) ||
			(!is_listed && is_strange(f->file + from)))
			return false;
	return from == to;
}

/* Between two listed functions there is assembly without an entry, or a table. */
#define GAP 4096u

bool fj_frames_cover(const struct fj_frames *f, uint64_t offset)
{
	uint64_t address, from, into;
	uint32_t len;

	if (!f->table)
		return true;
	if (!address_of(f, offset, &address) || !function_of(f, address, &from, &len))
		return false;
	into = address - from;
	if (into > offset)
		return false;
	if (into < len)
		return is_in_step(f, offset - into, offset, true);
	/* After the last function there is nothing. */
	return into - len < GAP &&
	       address < f->table_at + read_signed32(f->table + (f->count - 1) * 8UL) &&
	       is_in_step(f, offset - (into - len), offset, false);
}
