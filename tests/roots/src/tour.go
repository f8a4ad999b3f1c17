// SPDX-FileCopyrightText: The fakejail authors
// SPDX-License-Identifier: LGPL-2.1-or-later
//
// tour.go - what an ordinary Go program asks of the file system and of exec, one line each.
//
// Go has no libc: every call is its own syscall instruction, on goroutine stacks of a few KB, with SIGURG arriving at
// any time.  Usage: tour DIRECTORY, an absolute path; it works there.  Exit: 0, or 1 with the error.
package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"sync/atomic"
)

func must(err error) {
	if err != nil {
		fmt.Println("failed:", err)
		os.Exit(1)
	}
}

func list(directory string) {
	entries, err := os.ReadDir(directory)
	must(err)
	fmt.Print(directory, ":")
	for _, entry := range entries {
		if entry.Name()[0] != '.' {
			fmt.Print(" ", entry.Name())
		}
	}
	fmt.Println()
}

// deep asks at the end of n calls, so that some ask where the goroutine's stack is nearly used up: what the jail needs of
// it must not reach the memory below.
//
//go:noinline
func deep(n int) bool {
	var local [40]byte

	local[n%40] = byte(n)
	if n == 0 {
		_, err := os.Stat("/hello")
		return err == nil
	}
	return deep(n-1) && local[n%40] == byte(n)
}

func main() {
	work := os.Args[1]
	where, err := os.Getwd()
	must(err)
	fmt.Println("getwd:", where)
	list("/")
	list("/..")
	must(os.Chdir(work))

	must(os.WriteFile("a", []byte("text\n"), 0o644))
	must(os.Symlink(work+"/a", "link"))
	text, err := os.ReadFile("link")
	must(err)
	fmt.Printf("link: %q\n", text)
	real, err := filepath.EvalSymlinks("link")
	must(err)
	fmt.Println("real:", real)
	_, err = os.Stat("/nosuch")
	fmt.Println("error:", err)

	var found int64
	var group sync.WaitGroup
	for i := 0; i < 100; i++ {
		group.Add(1)
		go func() {
			defer group.Done()
			for j := 0; j < 50; j++ {
				if _, err := os.Stat("/hello"); err == nil {
					atomic.AddInt64(&found, 1)
				}
			}
		}()
	}
	group.Wait()
	fmt.Println("goroutines:", found)

	var whole int64
	for i := 0; i < 400; i++ {
		group.Add(1)
		go func(depth int) {
			defer group.Done()
			for j := 0; j < 10; j++ {
				if deep(depth + j*7%120) {
					atomic.AddInt64(&whole, 1)
				}
			}
		}(i % 120)
		if i%50 == 0 {
			runtime.GC()
		}
	}
	group.Wait()
	runtime.GC()
	fmt.Println("small stacks:", whole)

	listener, err := net.Listen("unix", work+"/socket")
	must(err)
	client, err := net.Dial("unix", "socket")
	must(err)
	fmt.Println("listener:", listener.Addr())
	fmt.Println("peer:", client.RemoteAddr())
	client.Close()
	listener.Close() // unlinks the socket

	var programs sync.WaitGroup
	outputs := make([]string, 10)
	for i := range outputs {
		programs.Add(1)
		go func(i int) {
			defer programs.Done()
			output, err := exec.Command("/hello").CombinedOutput()
			outputs[i] = fmt.Sprint(string(output), err)
		}(i)
	}
	programs.Wait()
	same := 0
	for _, output := range outputs {
		if output == outputs[0] {
			same++
		}
	}
	fmt.Printf("programs: %d times %q\n", same, outputs[0])
	must(os.RemoveAll("a"))
	must(os.RemoveAll("link"))
	list(work)
}
