/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * elf_note.h - the ELF note by which the engine of a jail recognises a loader of fakejail that is
 * executed in the jail, of any build. exec-format/image.c reads it, loader/x86_64/entry.S has it.
 * May be included in assembly. */
#ifndef FJ_ELF_NOTE_H
#define FJ_ELF_NOTE_H

#define FJ_NOTE_SIZE 9 /* of the name, with its NUL */
#define FJ_NOTE_TYPE 1
/* The type of the note of the `fakejail` command (scripts/front), which is static: it makes all its
 * calls at one place, which can become a jump. */
#define FJ_NOTE_TYPE_FRONT 2
/* Version of the command line that the launcher gives to the loader (launch/launch.c): the jail's
 * own loader may get a command line that was made for another build. Change it when a word of that
 * line changes its meaning. */
#define FJ_NOTE_COMMAND_LINE 1

#endif
