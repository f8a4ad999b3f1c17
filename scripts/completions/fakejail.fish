# SPDX-FileCopyrightText: The fakejail authors
# SPDX-License-Identifier: LGPL-2.1-or-later
#
# Completion of fakejail(1) for fish. Installed in vendor_completions.d.

# Prints the operands before the cursor: the words that are neither options nor values of options.
function __fakejail_operands
    set -l words (commandline -opc)
    set -e words[1]
    set -l skip
    set -l ended
    for word in $words
        if test -n "$skip"
            set skip
        else if test -z "$ended"; and string match -q -- -- $word
            set ended yes
        else if test -z "$ended"; and string match -q -- '-*' $word
            if contains -- $word --userspec --user -u --change-id -i --groups --bind -b --volume -v --mount -m --ro-bind --tmpfs \
                    --overlay-src --tmp-overlay --ro-overlay --overlay \
                    --chdir -w --cwd --pwd --workdir --env -e --unsetenv --keep --db --rootfs -r --kernel-release -k --hostname
                set skip yes
            end
        else
            set ended yes
            echo $word
        end
    end
end

function __fakejail_count
    test (count (__fakejail_operands)) -eq $argv[1]
end

function __fakejail_verb
    set -l operands (__fakejail_operands)
    test (count $operands) -gt 0; and contains -- $operands[1] $argv
end

function __fakejail_at_command
    __fakejail_count 1; and not __fakejail_verb run pull images rmi unpack pack add owners doctor
end

# Prints the programs of the root file system.
function __fakejail_programs
    set -l operands (__fakejail_operands)
    for program in $operands[$argv[1]]/{usr/local/,usr/,}{s,}bin/*
        test -x $program; and string replace -r '.*/' '' -- $program
    end
end

# Prints names from /etc/$argv[1] of the root file system that a word of the line names; without one, calls $argv[2].
function __fakejail_names
    for word in (commandline -o)[2..]
        set -l word (string replace -r '^(--rootfs=|-r)(?=.)' '' -- $word)
        if test -n "$word"; and test -r $word/etc/$argv[1]
            string replace -r ':.*' '' <$word/etc/$argv[1]
            return
        end
    end
    $argv[2]
end

# Prints the value that is being typed up to its last colon, if it has $argv[1] colons. Returns 1 if it has not.
function __fakejail_before_colon
    set -l value (string replace -r '^(--[^=]*=|-[a-z](?=.))' '' -- (commandline -ct))
    test (count (string split -- : $value)) -eq (math $argv[1] + 1); or return 1
    string replace -r '[^:]*$' '' -- $value
end

function __fakejail_users
    if set -l before (__fakejail_before_colon 1)
        printf '%s\n' $before(__fakejail_names group __fish_complete_groups)
    else
        __fakejail_names passwd __fish_complete_users
    end
end

function __fakejail_modes
    if set -l before (__fakejail_before_colon 2)
        printf '%s\n' $before{ro,rw,idmap,ro\,idmap}
    end
end

complete -c fakejail -f
set -l root '__fakejail_count 0'

complete -c fakejail -n $root -s u -l userspec -x -a '(__fakejail_users)' -d 'Be this user and group'
complete -c fakejail -n $root -s i -l user -x -a '(__fakejail_users)' -d 'Be this user and group'
complete -c fakejail -n $root -l change-id -x -a '(__fakejail_users)' -d 'Be this user and group'
complete -c fakejail -n $root -s 0 -l root-id -d 'Be root inside, the default'
complete -c fakejail -n $root -l groups -x -a '(__fakejail_names group __fish_complete_groups)' -d 'Supplementary groups'
complete -c fakejail -n $root -l skip-chdir -d 'Do not change the working directory'
complete -c fakejail -n $root -s b -l bind -r -F -a '(__fakejail_modes)' -d 'Show a file or directory: HOST[:JAIL[:ro|idmap]]'
complete -c fakejail -n $root -s v -l volume -r -F -a '(__fakejail_modes)' -d 'The same as --bind'
complete -c fakejail -n $root -s m -l mount -r -F -a '(__fakejail_modes)' -d 'The same as --bind'
complete -c fakejail -n $root -l ro-bind -r -F -a '(__fakejail_modes)' -d 'Show a file or directory, read-only'
complete -c fakejail -n $root -l tmpfs -x -d 'An empty directory of this jail alone'
complete -c fakejail -n $root -l overlay-src -r -F -d 'A layer of the next overlay, the lowest first'
complete -c fakejail -n $root -l tmp-overlay -x -d 'An overlay of them here; changes are gone at the end'
complete -c fakejail -n $root -l ro-overlay -x -d 'An overlay of them here, read-only'
complete -c fakejail -n $root -l overlay -r -F -d 'An overlay of them that keeps changes: RW WORK DEST'
complete -c fakejail -n $root -l bare -d 'Without /dev /proc /sys /etc/resolv.conf'
complete -c fakejail -n $root -l no-default-binds -d 'The same as --bare'
complete -c fakejail -n $root -s w -l chdir -x -d 'Start in this directory'
complete -c fakejail -n $root -l cwd -x -d 'The same as --chdir'
complete -c fakejail -n $root -l pwd -x -d 'The same as --chdir'
complete -c fakejail -n $root -l workdir -x -d 'The same as --chdir'
complete -c fakejail -n $root -s e -l env -x -a '(set -nx)' -d 'Set or pass on a variable'
complete -c fakejail -n $root -l unsetenv -x -a '(set -nx)' -d 'Take a variable away'
complete -c fakejail -n $root -l clearenv -d 'Take all variables away'
complete -c fakejail -n $root -l rm -d 'Run in a private copy'
complete -c fakejail -n $root -l ephemeral -d 'The same as --rm'
complete -c fakejail -n $root -l copy -d 'With --rm, a real copy'
complete -c fakejail -n $root -l keep -r -F -d 'Where a private copy stays'
complete -c fakejail -n $root -l read-only -d 'Nothing in the root can be written'
complete -c fakejail -n $root -l db -r -F -d 'Where owners are kept'
complete -c fakejail -n $root -l no-db -d 'Forget owners at the end'
complete -c fakejail -n $root -l no-trap -d 'Leave out the trap'
complete -c fakejail -n $root -l no-preload -d 'Leave out everything but the trap'
complete -c fakejail -n $root -l no-patch -d 'Leave the text of libraries as it is'
complete -c fakejail -n $root -s r -l rootfs -x -a '(__fish_complete_directories)' -d 'The root file system'
complete -c fakejail -n $root -l kill-on-exit -d 'Kill what is left behind'
complete -c fakejail -n $root -l die-with-parent -d 'End when the parent ends'
complete -c fakejail -n $root -s k -l kernel-release -x -d 'What uname says'
complete -c fakejail -n $root -l hostname -x -d 'What uname says'
complete -c fakejail -n $root -l trace -d 'Print calls'
complete -c fakejail -n $root -s q -l quiet -d 'Print no warnings'
complete -c fakejail -n $root -l verbose -d 'Say what is done'
complete -c fakejail -n $root -l proot -d 'Read the command line as proot does'
complete -c fakejail -n $root -s h -l help -d 'Print the options'
complete -c fakejail -n $root -l version -d 'Print the version'

complete -c fakejail -n $root -a '(__fish_complete_directories)'
complete -c fakejail -n $root -a run -d 'A private copy of an image'
complete -c fakejail -n $root -a pull -d 'Bring an image into the store'
complete -c fakejail -n $root -a images -d 'List the store'
complete -c fakejail -n $root -a rmi -d 'Forget images'
complete -c fakejail -n $root -a unpack -d 'An archive to a directory'
complete -c fakejail -n $root -a pack -d 'A directory to an archive'
complete -c fakejail -n $root -a add -d 'Copy programs with what they need'
complete -c fakejail -n $root -a owners -d 'The record of pretended owners'
complete -c fakejail -n $root -a doctor -d 'What works here, and why not'

complete -c fakejail -n __fakejail_at_command -a '(__fakejail_programs 1)' -d Program
complete -c fakejail -n 'not __fakejail_at_command; and not __fakejail_count 0; and not __fakejail_verb add owners doctor' -F
complete -c fakejail -n '__fakejail_verb add doctor; and __fakejail_count 1' -a '(__fish_complete_directories)'
complete -c fakejail -n '__fakejail_verb add; and not __fakejail_count 1' -F -a '(__fish_complete_command)'
complete -c fakejail -n '__fakejail_verb add' -s f -l force -d 'Replace files that differ'
complete -c fakejail -n '__fakejail_verb add' -s n -l dry-run -d 'Only print what would be copied'
complete -c fakejail -n '__fakejail_verb doctor; and __fakejail_count 2' -a '(__fakejail_programs 2)' -d Program
complete -c fakejail -n '__fakejail_verb owners; and __fakejail_count 1' -a 'list check prune copy export import'
complete -c fakejail -n '__fakejail_verb owners; and __fakejail_count 2; and contains -- export (__fakejail_operands)' \
    -a 'fakeroot rootlesscontainers override_stat mtree'
complete -c fakejail -n '__fakejail_verb owners; and __fakejail_count 2; and contains -- import (__fakejail_operands)' \
    -a 'fakeroot rootlesscontainers override_stat pseudo'
complete -c fakejail -n '__fakejail_verb owners; and not __fakejail_count 1' -F
