# Completion of burin for bash. burin itself knows what may follow; this asks it and tells bash.

_burin() {
  local rest=${COMP_LINE#*"${COMP_WORDS[0]}"} word words=() answer candidate index
  # bash cuts words at `:` and `=` too; where no blank lies between them, they are one.
  for ((index = 1; index <= COMP_CWORD; index++)); do
    word=${COMP_WORDS[index]}
    if ((${#words[@]})) && [[ $rest != [[:blank:]]* ]]; then
      words[-1]+=$word
    else
      words+=("$word")
    fi
    rest=${rest#"${rest%%[![:blank:]]*}"}
    rest=${rest#"$word"}
  done
  local current=${words[-1]//\\/}
  current=${current#[\"\']}
  words[-1]=$current

  mapfile -t answer < <(burin __complete -- "${words[@]}" 2>/dev/null)
  COMPREPLY=()
  local kind=${answer[0]-words}
  case $kind in
    files) compopt -o default 2>/dev/null ;;
    paths) compopt -o filenames 2>/dev/null ;;
  esac

  # What bash takes for the word begins behind the last of these.
  local stem=${current%"${current##*[:=]}"} meaning
  for index in "${!answer[@]}"; do
    ((index)) || continue
    IFS=$'\t' read -r candidate meaning <<<"${answer[index]}"
    candidate=${candidate#"$stem"}
    [[ $candidate != *[:=] ]] || compopt -o nospace 2>/dev/null
    # bash puts the slash behind a directory by itself.
    [[ $kind != paths ]] || candidate=${candidate%/}
    # A list of several is only shown, and can say what they are.
    if [[ ${COMP_TYPE-} == 63 && $kind == words && -n $meaning ]] && ((${#answer[@]} > 2)); then
      candidate+="  ($meaning)"
    fi
    COMPREPLY+=("$candidate")
  done
}

complete -F _burin burin
