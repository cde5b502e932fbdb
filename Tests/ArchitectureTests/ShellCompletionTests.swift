import Foundation
import TestSupport
import Testing

/// A shell with the completion of burin, and a burin that notes what it is asked and gives one answer.
private struct Shell {
  private let scratch: ScratchDirectory
  private let completions = Repository.root.appending(path: "packaging/completions").path()

  init(answer: String) throws {
    scratch = try ScratchDirectory()
    try scratch.write(Array(answer.utf8), to: "answer")
    try scratch.run(
      #"""
      mkdir bin
      printf '%s\n' '#!/bin/sh' 'printf "<%s>" "$@" >asked' 'cat answer' >bin/burin
      chmod +x bin/burin
      """#)
  }

  /// What burin was asked.
  func asked() throws -> String { String(decoding: try scratch.contents("asked"), as: UTF8.self) }

  /// What bash offers where a line ends, whose words are as bash cuts them.
  /// - Parameter listing: whether several are to be listed.
  func bash(_ line: String, words: [String], listing: Bool = false) throws -> String {
    let array = words.map { "'\($0)'" }.joined(separator: " ")
    return try scratch.run(
      """
      PATH=$PWD/bin:$PATH exec bash --norc -c '
        source "$0/burin.bash"
        compopt() { printf "%s|" "$*"; }
        COMP_LINE=$1 COMP_TYPE=\(listing ? 63 : 9)
        shift
        COMP_WORDS=("$@") COMP_CWORD=$(($# - 1))
        _burin
        printf "%s|" "${COMPREPLY[@]}"' '\(completions)' '\(line)' \(array)
      """)
  }

  /// What zsh offers where the last word ends; what follows `--` is what several are described with.
  func zsh(_ words: String...) throws -> String {
    let array = words.map { "'\($0)'" }.joined(separator: " ")
    return try scratch.run(
      """
      PATH=$PWD/bin:$PATH exec zsh -f -c '
        compadd() {
          local name=${@[-1]}
          print -rn -- "${@[1,-3]}:"
          print -rn -- "${(j:,:)${(P)name}}|"
        }
        _files() { print -rn files }
        complete_it() {
          local -a words=("$@")
          local CURRENT=$# PREFIX=${@[-1]}
          source "$completions/_burin"
          print -rn -- "${(j:,:)meanings}"
        }
        completions=$0
        complete_it "$@"' '\(completions)' \(array)
      """)
  }

  /// What fish offers at the end of a line.
  func fish(_ line: String) throws -> String {
    try scratch.run(
      """
      PATH=$PWD/bin:$PATH HOME=$PWD exec fish --no-config -c '
        source $argv[1]/burin.fish
        complete -C $argv[2]' '\(completions)' '\(line)'
      """)
  }
}

@Suite("Completions of shells")
struct ShellCompletionTests {
  @Test("bash asks with whole words, and offers what comes")
  func bashWords() throws {
    let shell = try Shell(answer: "words\nusb-7k2m9x4d\tSanDisk Ultra, 16 GB\nusb-3n8p1r5t\tOther, 8 GB\n")
    let offered = try shell.bash(
      "burin write my\\ image usb", words: ["burin", "write", "my\\ image", "usb"])
    #expect(offered == "usb-7k2m9x4d|usb-3n8p1r5t|")
    #expect(try shell.asked() == "<__complete><--><write><my\\ image><usb>")
    let listed = try shell.bash("burin write a ", words: ["burin", "write", "a", ""], listing: true)
    #expect(listed == "usb-7k2m9x4d  (SanDisk Ultra, 16 GB)|usb-3n8p1r5t  (Other, 8 GB)|")
    #expect(try shell.asked() == "<__complete><--><write><a><>")
  }

  @Test("bash cuts words at colons and equal signs, and gets back what follows them")
  func bashColons() throws {
    let sticks = try Shell(answer: "paths\nfile:dir/\nfile:dir.img\n")
    let offered = try sticks.bash("burin write a file:di", words: ["burin", "write", "a", "file", ":", "di"])
    #expect(offered == "-o filenames|dir|dir.img|")
    #expect(try sticks.asked() == "<__complete><--><write><a><file:di>")
    let option = try Shell(answer: "words\n--digest=none\n")
    #expect(try option.bash("burin write --digest=", words: ["burin", "write", "--digest", "="]) == "none|")
    #expect(try option.asked() == "<__complete><--><write><--digest=>")
    let begun = try Shell(answer: "words\nfile:\tA file\n")
    #expect(try begun.bash("burin undo f", words: ["burin", "undo", "f"]) == "-o nospace|file:|")
  }

  @Test("bash takes away its quotes before it asks, and completes files by itself where it is told to")
  func bashFiles() throws {
    let shell = try Shell(answer: "files\n")
    #expect(try shell.bash("burin apply my\\ p", words: ["burin", "apply", "my\\ p"]) == "-o default||")
    #expect(try shell.asked() == "<__complete><--><apply><my p>")
  }

  @Test("zsh offers words with what they are, and lets directories and beginnings go on")
  func zsh() throws {
    let shell = try Shell(
      answer: "paths\nusb-7k2m9x4d\tSanDisk Ultra, 16 GB\nan image\ndir/\nfile:\tA file\n")
    let offered = try shell.zsh("burin", "write", "a b", "")
    #expect(
      offered
        == "-l -d meanings:usb-7k2m9x4d,an image|-S :dir/|-S :file:|usb-7k2m9x4d  -- SanDisk Ultra, 16 GB,an image"
    )
    #expect(try shell.asked() == "<__complete><--><write><a b><>")
    #expect(try Shell(answer: "files\n").zsh("burin", "apply", "") == "files")
  }

  @Test("fish offers words with what they are, and completes files by itself where it is told to")
  func fish() throws {
    let shell = try Shell(answer: "words\nusb-7k2m9x4d\tSanDisk Ultra, 16 GB\nusb-3n8p1r5t\tOther\n")
    let offered = Set(try shell.fish("burin write my\\ image usb").split(separator: "\n"))
    #expect(offered == ["usb-7k2m9x4d\tSanDisk Ultra, 16 GB", "usb-3n8p1r5t\tOther"])
    #expect(try shell.asked() == "<__complete><--><write><my image><usb>")
    _ = try shell.fish("burin write ")
    #expect(try shell.asked() == "<__complete><--><write><>")
    #expect(try Shell(answer: "files\n").fish("burin apply ans").hasPrefix("answer"))
  }

  @Test("the program itself answers them")
  func program() throws {
    let scratch = try ScratchDirectory()
    try scratch.run("gzip </dev/null >an-image; echo text >another")
    let answer = try scratch.run("'\(Repository.burin)' __complete -- write an")
    // On a busy machine the text is offered as well: looking at it takes too long.
    #expect(answer.hasPrefix("paths\nan-image\n"))
    #expect(try scratch.run("'\(Repository.burin)' __complete -- ver").hasPrefix("words\nverify\t"))
  }
}
