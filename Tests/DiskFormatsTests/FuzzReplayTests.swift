import Foundation
import FuzzTargets
import TestSupport
import Testing

@Suite("inputs of the fuzzer")
struct FuzzReplayTests {
  private static let folder = URL(filePath: #filePath).deletingLastPathComponent()
    .deletingLastPathComponent().appending(path: "Fuzz")

  /// The files below a folder of the fuzz package that belong to a target.
  private func inputs(_ kind: String, of target: FuzzTarget) throws -> [[UInt8]] {
    let folder = Self.folder.appending(path: "\(kind)/\(target.name)")
    guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
    let files = try FileManager.default.contentsOfDirectory(at: folder, includingPropertiesForKeys: nil)
    return try files.map { [UInt8](try Data(contentsOf: $0)) }
  }

  @Test("what crashed a parser once does so no more", arguments: FuzzTarget.all.map(\.name))
  func replay(_ name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    for kind in ["Crashes", "Corpus"] {
      for input in try inputs(kind, of: target) { target.run(input) }
    }
  }

  @Test(
    "seeds with flipped, cut and repeated bytes do not crash a parser", arguments: FuzzTarget.all.map(\.name))
  func mutations(_ name: String) throws {
    let target = try #require(FuzzTarget.all.first { $0.name == name })
    let seed = UInt64.random(in: 0 ... .max)
    print("seed of \(name): \(seed)")
    var generator = SeededGenerator(seed: seed)
    let seeds = target.seeds()
    #expect(!seeds.isEmpty)
    for original in seeds {
      target.run(original)
      for _ in 0..<50 {
        var input = original
        for _ in 0..<Int.random(in: 1...8, using: &generator) where !input.isEmpty {
          let place = Int.random(in: 0..<input.count, using: &generator)
          switch Int.random(in: 0..<4, using: &generator) {
          case 0: input[place] ^= 1 << UInt8.random(in: 0..<8, using: &generator)
          case 1: input[place] = [0, 1, 0x7F, 0x80, 0xFF].randomElement(using: &generator) ?? 0
          case 2: input.removeLast(input.count - place)
          default: input += input[place...].prefix(512)
          }
        }
        target.run(input)
      }
    }
  }
}
