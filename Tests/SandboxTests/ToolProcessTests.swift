import BlockIO
import Glibc
import TestSupport
import Testing

@testable import Sandbox

@Suite("R32, R47: a program of the system that judges gets what it needs, and nothing else")
struct ToolProcessTests {
  /// Runs a script of commands that a shell has in itself: it can start nothing.
  private func shell(_ script: String, files: [[UInt8]] = [], input: String = "") throws -> ToolAnswer {
    var tool = try ToolProcess(
      program: "/bin/sh", arguments: ["-c", script], files: files, limit: 1 << 20)
    Array(input.utf8).withRawSpan { tool.feed($0) }
    return try tool.answer(within: .seconds(20))
  }

  private func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

  @Test("it reads its input and its files, and says things in two ways")
  func pipes() throws {
    let script =
      "read line; read file </dev/fd/4; read other </dev/fd/5; echo $line; echo $file $other >&3; exit 7"
    let answer = try shell(script, files: [Array("one".utf8), Array("two".utf8)], input: "fed\n")
    #expect(answer == ToolAnswer(status: 7, output: Array("fed\n".utf8), report: Array("one two\n".utf8)))
  }

  @Test("it has no descriptor but those that it is given")
  func descriptors() throws {
    let answer = try shell("for file in /proc/self/fd/*; do echo ${file##*/}; done", files: [[1]])
    let numbers = Set(text(answer.output).split(separator: "\n").compactMap { Int($0) })
    // The shell itself has none open besides while it looks.
    #expect(numbers.isSubset(of: Set(0...5)) && numbers.isSuperset(of: Set(0...4)), "\(numbers)")
  }

  @Test("it has no environment, no new rights, and root's identity least of all")
  func identity() throws {
    let answer = try shell("export -p; while read line; do echo \"$line\"; done </proc/self/status")
    let lines = text(answer.output).split(separator: "\n").map { $0.replacing("\t", with: " ") }
    #expect(!lines.contains { $0.hasPrefix("export") && !$0.contains("PWD") && !$0.contains("OLDPWD") })
    #expect(lines.contains("NoNewPrivs: 1"))
    #expect(lines.contains { $0.hasPrefix("CapEff: 0000000000000000") })
    #expect(lines.contains { $0.hasPrefix("SigBlk: 0000000000000000") })
    // 32 and above are the C library's own, and it does not let go of them.
    let ignored = try #require(lines.first { $0.hasPrefix("SigIgn: ") }).dropFirst(8)
    #expect(try #require(UInt64(ignored, radix: 16)) & 0x7FFF_FFFF == 0)
    if geteuid() == 0 { #expect(lines.contains("Uid: 65534 65534 65534 65534")) }
  }

  @Test("it can neither write to a file nor start anything")
  func writing() throws {
    let scratch = try ScratchDirectory()
    try scratch.run("chmod 777 . && touch file && chmod 666 file")
    let path = scratch.path + "/file"
    #expect(throws: ConfinementError.killed(signal: SIGXFSZ)) { try shell("echo x >>\(path)") }
    let answer = try shell("(echo started); echo end")
    #expect(!text(answer.output).contains("started"))
    #expect(try scratch.contents("file").isEmpty)
  }

  @Test("one that ends early takes nothing more, and its answer stands")
  func early() throws {
    var tool = try ToolProcess(
      program: "/bin/sh", arguments: ["-c", "echo done; exit 3"], files: [], limit: 1 << 20)
    let much = [UInt8](repeating: 0, count: 4 << 20)
    much.withRawSpan { tool.feed($0) }
    #expect(
      try tool.answer(within: .seconds(20)) == ToolAnswer(status: 3, output: Array("done\n".utf8), report: [])
    )
  }

  @Test("one that takes nothing, says nothing, says too much, dies or is not there gives no answer")
  func silent() throws {
    var lazy = try ToolProcess(program: "/bin/sh", arguments: ["-c", "kill -STOP $$"], files: [], limit: 1)
    let much = [UInt8](repeating: 0, count: 4 << 20)
    much.withRawSpan { lazy.feed($0, patience: .milliseconds(60)) }
    #expect(throws: ConfinementError.timedOut) { try lazy.answer(within: .seconds(1)) }
    var stopped = try ToolProcess(
      program: "/bin/sh", arguments: ["-c", "kill -STOP $$"], files: [], limit: 1)
    #expect(throws: ConfinementError.timedOut) { try stopped.answer(within: .milliseconds(60)) }
    var loud = try ToolProcess(
      program: "/bin/sh", arguments: ["-c", "while :; do echo 0123456789; done"], files: [], limit: 1000)
    #expect(throws: ConfinementError.answerTooLong) { try loud.answer(within: .seconds(20)) }
    #expect(throws: ConfinementError.killed(signal: SIGKILL)) { try shell("kill -KILL $$") }
    var missing = try ToolProcess(program: "/nonexistent", arguments: [], files: [], limit: 1)
    #expect(throws: ConfinementError.failed(status: 127)) { try missing.answer(within: .seconds(20)) }
  }

  @Test("it is gone when nobody waits for it any more")
  func abandoned() throws {
    let process: CInt
    do {
      let tool = try ToolProcess(program: "/bin/sh", arguments: ["-c", "kill -STOP $$"], files: [], limit: 1)
      process = tool.process
    }
    #expect(kill(process, 0) != 0 && errno == ESRCH)
  }
}
