import Foundation
import Testing

@Suite("README.md and CONTRIBUTING.md")
struct DocumentTests {
  @Test("every path that they name exists", arguments: ["README.md", "CONTRIBUTING.md"])
  func paths(document: String) throws {
    let path: Pattern = #"`((?:Sources|Tests|packaging|man)/[\w./+-]*)"#
    let named = path.captures(in: try Repository.text(document))
    #expect(!named.isEmpty)
    for name in Set(named) {
      let location = Repository.root.appending(path: name).path()
      #expect(FileManager.default.fileExists(atPath: location), "\(document) names \(name)")
    }
  }

  @Test("every command that they show exists", arguments: ["README.md", "CONTRIBUTING.md"])
  func commands(document: String) throws {
    let known = Set(try Help.load().commands.map(\.commandName))
    let used: Pattern = #"(?:[`$] ?|sudo )burin ([a-z]+)"#
    let named = Set(used.captures(in: try Repository.text(document)))
    #expect(named.subtracting(known).sorted() == [])
  }

  @Test("the commands that are programs of this repository can be run")
  func programs() throws {
    for program in [
      "packaging/build", "packaging/demo", "packaging/test", "packaging/dependencies", "packaging/install",
      "packaging/documentation", "packaging/deb/build", "packaging/deb/try", "Tests/Benchmarks/run",
      "Tests/Example/run",
    ] {
      let location = Repository.root.appending(path: program).path()
      #expect(FileManager.default.isExecutableFile(atPath: location), "\(program)")
    }
  }
}
