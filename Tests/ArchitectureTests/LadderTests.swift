import Foundation
import Testing

/// One module of the house and what it may import.
private struct Rung {
  let module: String
  /// Modules of this package, all of them below.
  let below: Set<String>
  /// Modules of other packages.
  let packages: Set<String>

  init(_ module: String, _ below: Set<String> = [], packages: Set<String> = []) {
    self.module = module
    self.below = below
    self.packages = packages
  }
}

/// The house from the floor up.
///
/// A module may use only what stands above it in this list.
private let ladder: [Rung] = [
  Rung("CLinuxBlock"),
  Rung("CCurl", ["CLinuxBlock"]),
  Rung("CUdev"),
  Rung("CBlkid"),
  Rung("CCrypto", ["CLinuxBlock"]),
  Rung("CSystemd", ["CLinuxBlock"]),
  Rung("CXXHash"),
  Rung("CLzma"),
  Rung("CZstd"),
  Rung("CIsal"),
  Rung("CLz4"),
  Rung("BlockIO", ["CLinuxBlock", "CCrypto", "CXXHash"], packages: ["SystemPackage"]),
  Rung("Sandbox", ["BlockIO", "CLinuxBlock"], packages: ["SystemPackage"]),
  Rung("DesktopBus", ["BlockIO", "CLinuxBlock", "CSystemd"]),
  Rung("DiskFormats", ["BlockIO"]),
  Rung("BlockMap", ["BlockIO"]),
  Rung("DeviceProbe", ["DiskFormats", "BlockIO", "CUdev", "CBlkid"], packages: ["SystemPackage"]),
  Rung("DeviceSafety", ["DeviceProbe", "BlockIO"], packages: ["SystemPackage"]),
  Rung("Decompression", ["BlockIO", "CLzma", "CZstd", "CIsal", "CLz4"]),
  Rung("DiskContainers", ["DiskFormats", "Decompression", "BlockIO"]),
  Rung("Unpacking", ["DiskContainers", "Decompression", "BlockIO"]),
  Rung("ImageInspector", ["Unpacking", "DiskContainers", "DiskFormats", "Decompression", "BlockIO"]),
  Rung(
    "ImageSource",
    ["Unpacking", "DiskContainers", "DiskFormats", "Decompression", "Sandbox", "BlockIO", "CCurl"],
    packages: ["SystemPackage"]),
  Rung("ImageTrust", ["Sandbox", "BlockIO"], packages: ["SystemPackage"]),
  Rung(
    "Writer", ["DeviceSafety", "ImageSource", "ImageTrust", "BlockMap", "BlockIO"],
    packages: ["SystemPackage"]),
  Rung(
    "UndoStore", ["DeviceSafety", "DeviceProbe", "DiskFormats", "BlockIO"], packages: ["SystemPackage"]),
  Rung("Reader", ["BlockIO", "CZstd"], packages: ["SystemPackage"]),
  Rung("Terminal", packages: ["SystemPackage"]),
  Rung("Documents", ["Writer", "Terminal", "BlockIO"]),
  Rung(
    "Commands",
    [
      "Writer", "UndoStore", "Reader", "DeviceSafety", "DeviceProbe", "ImageInspector", "ImageSource",
      "ImageTrust", "DiskContainers", "DiskFormats", "BlockMap", "Documents",
      "Terminal", "DesktopBus", "Unpacking", "Decompression", "Sandbox", "BlockIO",
    ], packages: ["SystemPackage", "ArgumentParser"]),
  Rung("burin", ["Commands"]),
]

/// What comes with the compiler and is part of the shipped binary anyway.
private let standardModules: Set<String> = ["Swift", "Glibc", "Synchronization", "Dispatch"]

@Suite("The house: imports point down only")
struct LadderTests {
  @Test("the ladder itself has no rung that rests on a higher one")
  func ladderPointsDown() {
    var known: Set<String> = []
    for rung in ladder {
      #expect(rung.below.isSubset(of: known), "\(rung.module) rests on something above it")
      known.insert(rung.module)
    }
  }

  @Test("Package.swift declares exactly the ladder")
  func manifestAgrees() throws {
    let manifest = try Manifest.load()
    let shipped = manifest.targets.filter { $0.type != "test" && $0.path?.hasPrefix("Tests/") != true }
    #expect(Set(shipped.map(\.name)) == Set(ladder.map(\.module)))
    for rung in ladder {
      let target = try #require(shipped.first { $0.name == rung.module })
      let declared = Set(target.dependencies.map(\.name))
      #expect(declared == rung.below.union(rung.packages), "dependencies of \(rung.module)")
    }
  }

  @Test("every import in Sources is one that the ladder allows", arguments: Repository.sources)
  func importsAgree(path: String) throws {
    let module = try #require(path.split(separator: "/").dropFirst().first).description
    let rung = try #require(ladder.first { $0.module == module }, "\(module) has no place in the ladder")
    let allowed = rung.below.union(rung.packages).union(standardModules)
    for line in try CodeLine.lines(of: path) {
      for imported in CodeLine.importPattern.captures(in: line.code) {
        #expect(allowed.contains(imported), "\(line.place): \(module) imports \(imported)")
      }
    }
  }
}

/// What the tests need of `swift package dump-package`.
private struct Manifest: Decodable {
  struct Target: Decodable {
    let name: String
    let type: String
    let path: String?
    let dependencies: [Dependency]
  }

  /// `{"byName": ["BlockIO", null]}` or `{"product": ["ArgumentParser", "swift-argument-parser", …]}`.
  struct Dependency: Decodable {
    let name: String

    init(from decoder: any Decoder) throws {
      let kinds = try [String: [Ignored]](from: decoder)
      name = kinds.values.first?.first?.text ?? ""
    }
  }

  struct Ignored: Decodable {
    let text: String?
    init(from decoder: any Decoder) throws { text = try? String(from: decoder) }
  }

  let targets: [Target]

  /// In a scratch folder of its own: `swift test` may hold the lock of the usual one.
  static func load() throws -> Manifest {
    let scratch = FileManager.default.temporaryDirectory.appending(path: "burin-manifest-\(getpid())")
    defer { try? FileManager.default.removeItem(at: scratch) }
    let json = try Repository.run(["swift", "package", "--scratch-path", scratch.path(), "dump-package"])
    return try JSONDecoder().decode(Manifest.self, from: Data(json.utf8))
  }
}
