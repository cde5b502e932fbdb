import Testing

/// The sources that create files for people: as a whole, and under a temporary name that a rename takes away.
///
/// The first refuses to replace anything but a regular file; who uses the second looks at that before.
private let creators = ["Sources/BlockIO/ReplacedFile.swift", "Sources/BlockIO/GrowingFile.swift"]

/// What is opened for writing and can be nothing but an attribute of sysfs: it looks after opening.
private let attributes = "Sources/BlockIO/SysfsSwitch.swift"

/// Where it stands what a broker passes to `open` for us; nothing is opened there.
private let brokered = "Sources/BlockIO/BrokeredDescriptor.swift"

@Suite("R27: who opens what")
struct OpeningTests {
  @Test("R52: a broker is asked for the same opening, and in no other words")
  func brokeredOpening() throws {
    let flags = try CodeLine.lines(of: brokered).filter { $0.code.contains("O_EXCL") }
    #expect(flags.count == 1)
    #expect(flags.first?.code.contains("Int32 = O_EXCL | clb_O_DIRECT | O_CLOEXEC") == true)
    let asking: Pattern = #"\bbroker\.open\("#
    var places: [CodeLine] = []
    for path in Repository.sources {
      places += try CodeLine.lines(of: path).filter { asking.matches($0.code) }
    }
    #expect(places.count == 1)
    #expect(places.first?.code.contains("OwnedDescriptor.brokeredFlags)") == true)
  }

  @Test(
    "one line of burin opens a target for writing, exclusively and past the cache, and none in a weaker way")
  func oneOpening() throws {
    let writing: Pattern = #"(?:\[|\s|\()\.write\b(?=[^(]*\])"#
    var places: [CodeLine] = []
    for path in Repository.sources {
      places += try CodeLine.lines(of: path).filter { writing.matches($0.code) }
    }
    let place = try #require(places.first)
    #expect(places.count == 1, "\(places.map(\.place))")
    #expect(place.path == "Sources/DeviceSafety/Gate/TargetGate.swift")
    #expect(place.code.contains("[.write, .exclusive, .direct, .noFollow]"))
  }

  @Test("nothing is opened around the owned descriptor, but the terminal and the standard streams")
  func noOtherOpenings() throws {
    let call = #"\b(?:unsafe\s+|Glibc\.)(?:Glibc\.)?(?:open|open64|openat|openat2|fopen|creat)\("#
    let opening = Pattern(call + #"|\bO_(?:RDWR|WRONLY|CREAT)\b"#)
    let allowed: Set<String> = [
      "Sources/BlockIO/OwnedDescriptor.swift", "Sources/BlockIO/PrivateDirectory.swift", brokered, attributes,
      "Sources/Terminal/Prompt.swift", "Sources/Terminal/StandardStreams.swift",
    ]
    for path in Repository.sources where !allowed.contains(path) && !creators.contains(path) {
      for line in try CodeLine.lines(of: path) where opening.matches(line.code) {
        Issue.record("\(line.place): \(line.code)")
      }
    }
  }

  @Test("files are created in three places only: as a whole, as one grows, and in private directories")
  func nothingElseIsCreated() throws {
    let creating: Pattern = #"\bO_CREAT\b|\bO_TMPFILE\b|\b(?:creat|mkstemp|mkdir)\("#
    let place = "Sources/BlockIO/PrivateDirectory.swift"
    // They name the flag in order to refuse it.
    let filters = ["Sources/CLinuxBlock/FilterProgram.h"]
    let allowed = [place] + creators + filters
    for path in Repository.paths where path.hasPrefix("Sources/") && !allowed.contains(path) {
      #expect(try !creating.matches(Repository.text(path)), "\(path)")
    }
    for path in [place, "Sources/BlockIO/GrowingFile.swift"] {
      let lines = try CodeLine.lines(of: path).filter { $0.code.contains("O_CREAT") }
      #expect(lines.count == 1)
      #expect(lines.allSatisfy { $0.code.contains("O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW") })
    }
  }

  @Test("private directories are the state directory's affair")
  func oneUser() throws {
    let users = try Repository.sources.filter { path in
      try CodeLine.lines(of: path).contains { $0.code.contains("PrivateDirectory") }
    }
    #expect(
      users.allSatisfy { $0.hasPrefix("Sources/UndoStore/") || $0.hasPrefix("Sources/BlockIO/Private") })
  }
}
