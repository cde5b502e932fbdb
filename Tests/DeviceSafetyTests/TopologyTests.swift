import DeviceProbe
import Foundation
import TestSupport
import Testing

@testable import DeviceSafety

/// A dump of a machine, as `burin list --dump` prints it, with what the rules must say of its disks.
///
/// The latter stands in comments of the form `# expect DISK CLASS OBJECTION…`; a bug report becomes a test by
/// adding them.
struct Topology: CustomTestStringConvertible {
  static let folder = URL(filePath: #filePath)
    .deletingLastPathComponent().appending(path: "../Fixtures/devices").standardized

  static let all: [Topology] = {
    let files =
      (try? FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)) ?? []
    return files.filter { $0.pathExtension == "devices" }.sorted { $0.path < $1.path }.map(Topology.init)
  }()

  let file: URL
  var testDescription: String { file.deletingPathExtension().lastPathComponent }

  var text: String { get throws { try String(contentsOf: file, encoding: .utf8) } }

  /// The lines of the form `DISK CLASS OBJECTION…`, the objections in alphabetical order.
  var expectations: [String] {
    get throws {
      try text.split(separator: "\n").filter { $0.hasPrefix("# expect ") }.map { String($0.dropFirst(9)) }
    }
  }
}

@Suite("machines as they were met")
struct TopologyTests {
  @Test("there are at least forty")
  func count() { #expect(Topology.all.count >= 40) }

  @Test(
    "R4 R5 R6 R9 R10 R11 R12 R14 R15 R20: every disk is judged as the machine deserves",
    arguments: Topology.all)
  func verdicts(topology: Topology) throws {
    let snapshot = try DeviceSnapshot(parsing: topology.text)
    let judged = try topology.expectations
    let names = Set(judged.compactMap { $0.split(separator: " ").first.map(String.init) })
    let found = snapshot.devices.filter { $0.isWholeDisk || names.contains($0.name) }.map { disk in
      let assessment = SafetyPolicy.assess(disk, in: snapshot)
      let ids = Set(assessment.objections.map(\.id.rawValue)).sorted()
      return ([disk.name, assessment.safetyClass.rawValue] + ids).joined(separator: " ")
    }
    #expect(found.sorted() == judged.sorted())
    #expect(try DeviceSnapshot(parsing: snapshot.text) == snapshot)
  }

  @Test("the words for each of them", arguments: Topology.all)
  func words(topology: Topology) throws {
    let snapshot = try DeviceSnapshot(parsing: topology.text)
    let lines = snapshot.devices.filter(\.isWholeDisk).flatMap { disk in
      let assessment = SafetyPolicy.assess(disk, in: snapshot)
      return ["\(disk.name): class \(assessment.safetyClass.rawValue)"]
        + assessment.objections.flatMap {
          ["  \($0.rule) \($0.text)", "    \($0.chain.joined(separator: " > "))"]
        }
    }
    let text = lines.map { $0.prefix(300) }.joined(separator: "\n") + "\n"
    #expect(try Golden.difference(of: text, from: "verdicts/\(topology.testDescription).text") == nil)
  }
}
