/* SPDX-FileCopyrightText: The fakejail authors
 * SPDX-License-Identifier: LGPL-2.1-or-later
 *
 * page.h - x86_64's page size. Included only by sys/page.h. */
#ifndef FJ_ARCH_PAGE_H
#define FJ_ARCH_PAGE_H

/* PAGE_SIZE of asm/page_types.h: the processor's page tables know no other base page, so it is a constant, in
 * the layout of memory and of files, too. The loader asks the kernel all the same (AT_PAGESZ). */
#define FJ_PAGE 4096

#endif
