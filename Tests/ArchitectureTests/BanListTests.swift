import Testing

/// Something that the sources do without, and why.
private struct Ban: CustomTestStringConvertible, Sendable {
  let name: String
  let pattern: Pattern
  let reason: String
  /// Prefixes of paths that may use it.
  let allowed: [String]

  init(_ name: String, _ pattern: Pattern, _ reason: String, allowed: [String] = []) {
    self.name = name
    self.pattern = pattern
    self.reason = reason
    self.allowed = allowed
  }

  var testDescription: String { name }
}

private let bans: [Ban] = [
  Ban("Foundation", #"\bimport\s+Foundation"#, "four times the binary, and a slower start"),
  Ban("try!", #"\btry!"#, "a trap in the middle of a write leaves no word to the person"),
  Ban("as!", #"\bas!"#, "the same"),
  Ban("forced unwrapping", #"[\w\)\]]!(?!=)"#, "the same"),
  Ban("fatalError", #"\bfatalError\("#, "broken contracts are preconditions, all else is a typed error"),
  Ban("Task.detached", #"\bTask\.detached"#, "structured concurrency only"),
  Ban("DispatchSemaphore", #"\bDispatch(?:Semaphore|Group|WorkItem)\b"#, "structured concurrency only"),
  Ban("NSLock", #"\bNSLock\b"#, "Mutex, or better no lock at all"),
  Ban("String(format:)", #"String\(format:"#, "needs Foundation, and is not checked by the compiler"),
  Ban(
    "print", #"(?<![\w.])(?:debugPrint|print)\("#, "words for people have one place",
    allowed: ["Sources/Terminal/", "Sources/Commands/"]),
  Ban("load(as:)", #"\.load(?:Unaligned)?\([^)]*as:"#, "parse field by field, checked"),
  Ban(
    "starting programs",
    #"\bunsafe\s+(?:Glibc\.)?system\(|(?<![\w.])(?:posix_spawnp?|popen|fork|vfork|execv\w*|execl\w*)\("#,
    "facts come from the kernel, not from another program's output"),
]

private let unsafeWord: Pattern = #"\bunsafe\b"#

@Suite("What the sources do without")
struct BanListTests {
  @Test("banned", arguments: bans)
  fileprivate func banned(_ ban: Ban) throws {
    for path in Repository.sources where !ban.allowed.contains(where: path.hasPrefix) {
      for line in try CodeLine.lines(of: path) where ban.pattern.matches(line.code) {
        Issue.record("\(line.place): \(ban.name) is banned: \(ban.reason)")
      }
    }
  }

  /// Everything else stands on these: pointers are an affair of the floor, and of wrappers of C libraries.
  @Test("unsafe expressions occur only where C is called")
  func unsafeStaysAtTheBorder() throws {
    let borders: Set<String> = [
      "CLinuxBlock", "CUdev", "CBlkid", "CCrypto", "CSystemd", "CXXHash", "CLzma", "CZstd", "CIsal", "CLz4",
      "CCurl", "Glibc",
    ]
    for path in Repository.sources where !path.hasPrefix("Sources/BlockIO/") {
      let lines = try CodeLine.lines(of: path)
      let imports = lines.flatMap { CodeLine.importPattern.captures(in: $0.code) }
      guard borders.isDisjoint(with: imports) else { continue }
      for line in lines where unsafeWord.matches(line.code) {
        Issue.record("\(line.place): an unsafe expression, and no C in this file")
      }
    }
  }

  @Test("parsers and rules contain no unsafe expression at all")
  func decisionsAreSafe() throws {
    let pure = ["Sources/DiskFormats/", "Sources/ImageInspector/", "Sources/DeviceSafety/Rules/"]
    for path in Repository.sources where pure.contains(where: path.hasPrefix) {
      for line in try CodeLine.lines(of: path)
      where unsafeWord.matches(line.code) {
        Issue.record("\(line.place): unsafe where everything is decided")
      }
    }
  }

  @Test("what the compiler cannot check about threads is argued beside it")
  func uncheckedIsArgued() throws {
    for path in Repository.sources {
      let lines = try CodeLine.lines(of: path)
      for (index, line) in lines.enumerated() where line.code.contains("@unchecked") {
        let around = lines[max(0, index - 4)...min(lines.count - 1, index + 4)]
        let isArgued = around.contains { $0.comment.contains("Sendable") || $0.comment.contains("Safe:") }
        #expect(isArgued, "\(line.place): @unchecked without a comment that says why")
      }
    }
  }

  @Test("no disk is judged by the name of its node")
  func noDeviceNamePatterns() throws {
    let names = "(?:sd|hd|vd|xvd|nvme|mmcblk|loop|sr|dm-|md|zram)"
    let pattern = Pattern(#"^[^/]*(?:"/dev/\#(names)|hasPrefix\("\#(names)[a-z0-9]*")"#)
    let judges = ["Sources/DeviceProbe/", "Sources/DeviceSafety/"]
    for path in Repository.sources where judges.contains(where: path.hasPrefix) {
      let lines = try Repository.text(path).split(separator: "\n")
      for line in lines where pattern.matches(String(line)) {
        Issue.record("\(path): \(line)")
      }
    }
  }

  @Test("unfinished work is in the tracker, not in comments")
  func noLooseEnds() throws {
    let loose: Pattern = #"\b(?:TODO|FIXME|XXX)\b(?!.*#\d)"#
    for path in Repository.sources + Repository.tests {
      for line in try CodeLine.lines(of: path)
      where loose.matches(line.comment) {
        Issue.record("\(line.place): \(line.comment)")
      }
    }
  }

  @Test("comments refer only to documents that everybody has")
  func noPrivatePapers() throws {
    let document: Pattern = #"\b([\w-]+\.md)\b"#
    let known = Set(Repository.paths.compactMap { $0.split(separator: "/").last.map(String.init) })
    for path in Repository.sources + Repository.tests {
      for line in try CodeLine.lines(of: path) {
        let foreign = Set(document.captures(in: line.comment)).subtracting(known)
        #expect(foreign.isEmpty, "\(line.place)")
      }
    }
  }

  @Test("a file holds one topic: at most 500 lines")
  func filesAreShort() throws {
    let extensions = [".swift", ".c", ".h", ".py", ".sh"]
    for path in Repository.paths where extensions.contains(where: path.hasSuffix) || !path.contains(".") {
      guard let text = try? Repository.text(path), path != "LICENSE" else { continue }
      let count = text.split(separator: "\n", omittingEmptySubsequences: false).count - 1
      #expect(count <= 500, "\(path) has \(count) lines")
    }
  }

  @Test("no folder is named after nothing")
  func noMiscellaneousFolders() {
    let vague: Set<String> = ["util", "utils", "utilities", "helper", "helpers", "common", "misc", "shared"]
    for path in Repository.paths {
      let folders = path.split(separator: "/").dropLast().map { $0.lowercased() }
      #expect(vague.isDisjoint(with: folders), "\(path)")
    }
  }

  @Test("tests neither sleep nor hide")
  func testsAreHonest() throws {
    let sleeps: Pattern = #"\b(?:sleep|usleep|nanosleep)\("#
    // A reason is a string, and the code of a line keeps its quotes.
    let hides: Pattern = #"\.disabled\(\)|withKnownIssue"#
    for path in Repository.tests where !path.hasPrefix("Tests/ArchitectureTests/") {
      for line in try CodeLine.lines(of: path) {
        #expect(!sleeps.matches(line.code), "\(line.place): sleeps")
        #expect(!hides.matches(line.code), "\(line.place): leaves a test out without a reason")
      }
    }
  }
}

@Suite("The top level")
struct TopLevelTests {
  @Test("holds what the owner asked for and nothing else")
  func topLevel() {
    let expected: Set<String> = [
      "Package.swift", "Sources", "Tests", "README.md", "CONTRIBUTING.md", "LICENSE", "packaging", "man",
    ]
    let found = Set(Repository.paths.compactMap { $0.split(separator: "/").first.map(String.init) })
    #expect(found.filter { !$0.hasPrefix(".") } == expected)
  }
}
