import BlockIO
import Foundation
import ImageInspector
import SystemPackage

/// The images that `Tests/Fixtures/make-images` builds, with what independent programs and real firmware say.
enum ImageCorpus {
  /// What witnesses wrote about one image; a fact that none of them can tell is nil.
  struct Oracle: Decodable, Sendable {
    struct Size: Decodable, Sendable { var bytes: UInt64 }
    struct Volume: Decodable, Sendable {
      var identifier, systemIdentifier, publisher: String
      var blocks: UInt64
      var joliet: Int?
      var rockRidge: Bool
      var udf: String?
    }
    struct Catalog: Decodable, Sendable {
      struct Entry: Decodable, Hashable, Sendable {
        var platform: String
        var bootable: Bool
        var emulation: String
        var loadSegment, sectorCount: UInt16
        var lba: UInt32
      }
      var catalogLBA: UInt32
      var entries: [Entry]
    }
    struct MBR: Decodable, Sendable {
      struct Entry: Decodable, Hashable, Sendable {
        var index: Int
        var active: Bool
        var type: UInt8
        var startLBA, sectors: UInt32
      }
      var entries: [Entry]
    }
    struct GPT: Decodable, Sendable {
      struct Partition: Decodable, Hashable, Sendable {
        var index: Int
        var typeGUID, name: String
        var firstLBA, lastLBA: UInt64
      }
      var sectorSize: Int
      var headerValid, entriesValid: Bool?
      var backup: String?
      var partitions: [Partition]
    }
    struct APM: Decodable, Sendable {
      struct Partition: Decodable, Hashable, Sendable {
        var name, type: String
        var start, blocks: UInt32
      }
      var blockSize: Int
      var partitions: [Partition]
    }
    struct Loader: Decodable, Hashable, Sendable {
      var path, `where`: String
      var architecture: String?
      var signed: Bool
    }

    var name, group, note: String
    var sectorSize: Int
    var image: Size
    var truncatedBy: UInt64
    var volume: Volume?
    var udf: String?
    var elTorito: Catalog?
    var mbr: MBR?
    var gpt: GPT?
    var apm: APM?
    var efi: [Loader]?
  }

  /// What each firmware did: by medium (`stick`, `disc`), then by firmware, "yes" or "no" with the reason.
  struct FirmwareTruth: Decodable, Sendable {
    var images: [String: [String: [String: String]]]
  }

  private struct Entry: Decodable {
    var name, group: String
  }

  /// Where the images lie.
  static var directory: String? { ProcessInfo.processInfo.environment["BURIN_IMAGES"] }

  /// Whether someone said that these tests shall not run.
  static var isLeftOut: Bool {
    (ProcessInfo.processInfo.environment["BURIN_SKIP"] ?? "").split(separator: ",").contains("images")
  }

  /// The names of the well-formed images, in the order in which they are built.
  static let wellFormed = names { $0 != "malformed" }
  /// The names of those that lie.
  static let malformed = names { $0 == "malformed" }
  /// What firmware did.
  static let truth: FirmwareTruth = {
    let path = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .appendingPathComponent("Fixtures/firmware-truth.json")
    return (try? decode(FirmwareTruth.self, path)) ?? FirmwareTruth(images: [:])
  }()

  private static func names(in group: (String) -> Bool) -> [String] {
    guard let directory, !isLeftOut else { return [] }
    let list = URL(fileURLWithPath: directory).appendingPathComponent("images.json")
    return ((try? decode([Entry].self, list)) ?? []).filter { group($0.group) }.map(\.name)
  }

  /// What the witnesses say about an image.
  static func oracle(_ name: String) throws -> Oracle {
    try decode(
      Oracle.self,
      URL(fileURLWithPath: directory ?? "").appendingPathComponent("oracles/\(name).json"))
  }

  /// The image itself.
  static func bytes(_ name: String) throws -> FileBytes {
    try FileBytes(opening: FilePath("\(directory ?? "")/\(name)"))
  }

  /// What we say about it.
  static func report(_ name: String) throws -> ImageReport {
    try ImageInspector.inspect(bytes(name))
  }

  private static func decode<Value: Decodable>(_ type: Value.Type, _ place: URL) throws -> Value {
    try JSONDecoder().decode(type, from: Data(contentsOf: place))
  }
}
