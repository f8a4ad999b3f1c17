// SPDX-FileCopyrightText: The fakejail authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// enter.go - a Go program that is a chroot(8) of its own: enter ROOT PROGRAM [ARG]...
package main

import (
	"fmt"
	"os"
	"syscall"
)

func main() {
	err := syscall.Chroot(os.Args[1])
	if err == nil {
		err = os.Chdir("/")
	}
	if err == nil {
		err = syscall.Exec(os.Args[2], os.Args[2:], os.Environ())
	}
	fmt.Fprintln(os.Stderr, "enter:", err)
	os.Exit(1)
}
