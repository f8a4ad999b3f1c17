// SPDX-FileCopyrightText: The fakejail authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// introspect.go - what a Go program finds out about itself and its mounts: no libc takes part.
package main

import (
	"bufio"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

func show(name string) int {
	file, err := os.Open(name)
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	defer file.Close()
	lines := 0
	for scanner := bufio.NewScanner(file); scanner.Scan(); lines++ {
		fmt.Println(scanner.Text())
	}
	return lines
}

func main() {
	executable, _ := os.Executable()
	where, _ := os.Getwd()
	fmt.Println("executable:", executable, "directory:", where, "arguments:", os.Args, "environment:", os.Environ())
	for _, name := range []string{"exe", "cwd", "root", "fd/0", "fd/1", "fd/2"} {
		target, err := os.Readlink("/proc/self/" + name)
		fmt.Println(name, target, err)
	}
	real, err := filepath.EvalSymlinks("/proc/self/cwd/../proc/self/exe")
	fmt.Println("evaluated:", real, err)
	maps := show("/proc/self/maps")
	for _, name := range []string{"smaps", "mountinfo", "mounts", "mountstats", "environ", "status", "cgroup"} {
		show("/proc/self/" + name)
	}
	tasks, _ := filepath.Glob("/proc/self/task/*/cwd")
	fmt.Println(strings.Join(tasks, " "))
	var fs syscall.Statfs_t
	fmt.Println("statfs:", syscall.Statfs("/", &fs), "lines of maps:", maps > 3)
}
