/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * elf_note.h - the ELF note by which the engine of a jail knows a loader that is run inside,
 * whichever build it is of: exec-format/image.c reads it, loader/x86_64/entry.S has it. For
 * assembly, too. */
#ifndef FJ_ELF_NOTE_H
#define FJ_ELF_NOTE_H

#define FJ_NOTE_SIZE 9 /* of the name, with its NUL */
#define FJ_NOTE_TYPE 1
/* The same of the `fakejail` command (scripts/front): static, and all its calls are made at one
 * place, which can become a jump. */
#define FJ_NOTE_TYPE_FRONT 2
/* Of the command line that the launcher gives the loader (launch/launch.c): the jail's own loader
 * reads one that was meant for another build's. To be changed when a word of it changes meaning. */
#define FJ_NOTE_COMMAND_LINE 1

#endif
