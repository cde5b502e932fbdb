# Completion of burin for fish. burin itself knows what may follow; this asks it and tells fish.

function __burin_complete
    set -l before (commandline -opc)
    set -e before[1]
    set -l current (commandline -ct | string unescape)
    set -l answer (command burin __complete -- $before "$current" 2>/dev/null)
    if test "$answer[1]" = files
        __fish_complete_path "$current"
    else
        set -e answer[1]
        printf '%s\n' $answer
    end
end

complete -c burin -f -a '(__burin_complete)'
