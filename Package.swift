// swift-tools-version: 6.2

import PackageDescription

/// Every target compiles under these settings; a warning is an error.
let strict: [SwiftSetting] = [
  .strictMemorySafety(),
  .treatAllWarnings(as: .error),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
  .enableExperimentalFeature("Lifetimes"),
]

let systemPackage: Target.Dependency = .product(name: "SystemPackage", package: "swift-system")

/// A module of the house: its name and the modules below it that it may import.
func room(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
  .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of one module, with the shared helpers and the libraries that only they call.
func tests(_ name: String, _ dependencies: [Target.Dependency], linking libraries: [String] = []) -> Target {
  .testTarget(
    name: name, dependencies: dependencies + ["TestSupport"], swiftSettings: strict,
    linkerSettings: libraries.map { .linkedLibrary($0) })
}

/// C of the house.
func shim(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
  .target(
    name: name, dependencies: dependencies,
    cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)])
}

/// A library of the system, found through pkg-config where it has a file for that.
func system(_ name: String, pkgConfig: String?, debian: String) -> Target {
  .systemLibrary(name: name, pkgConfig: pkgConfig, providers: [.apt([debian])])
}

let package = Package(
  name: "burin",
  products: [
    .executable(name: "burin", targets: ["burin"]),
    // For other programs, each with the modules whose types it speaks in.
    .library(name: "DeviceProbe", targets: ["DeviceProbe", "BlockIO"]),
    .library(name: "ImageInspector", targets: ["ImageInspector", "BlockIO"]),
    .library(name: "Writer", targets: ["Writer", "DeviceSafety", "ImageSource", "DeviceProbe", "BlockIO"]),
    .library(name: "DiskFormats", targets: ["DiskFormats"]),
    // For the fuzzers, which read what `burin apply` reads.
    .library(name: "Documents", targets: ["Documents"]),
    .library(name: "UndoStore", targets: ["UndoStore"]),
    .library(name: "Decompression", targets: ["Decompression"]),
    .library(name: "DiskContainers", targets: ["DiskContainers"]),
    .library(name: "ImageTrust", targets: ["ImageTrust"]),
    .library(name: "ImageSource", targets: ["ImageSource"]),
    .library(name: "Unpacking", targets: ["Unpacking"]),
    .library(name: "BlockMap", targets: ["BlockMap"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
    .package(url: "https://github.com/apple/swift-system", from: "1.8.0"),
  ],
  targets: [
    // The floor: the kernel and the system's libraries.
    shim("CLinuxBlock"),
    shim("CCurl", ["CLinuxBlock"]),
    shim("CCrypto", ["CLinuxBlock"]),
    shim("CSystemd", ["CLinuxBlock"]),
    system("CUdev", pkgConfig: "libudev", debian: "libudev-dev"),
    system("CBlkid", pkgConfig: "blkid", debian: "libblkid-dev"),
    system("CXXHash", pkgConfig: "libxxhash", debian: "libxxhash-dev"),
    system("CLzma", pkgConfig: "liblzma", debian: "liblzma-dev"),
    system("CZstd", pkgConfig: "libzstd", debian: "libzstd-dev"),
    system("CIsal", pkgConfig: "libisal", debian: "libisal-dev"),
    system("CLz4", pkgConfig: "liblz4", debian: "liblz4-dev"),

    // The house, bottom up. Tests/ArchitectureTests holds this ladder.
    room("BlockIO", ["CLinuxBlock", "CCrypto", "CXXHash", systemPackage]),
    room("Sandbox", ["BlockIO", "CLinuxBlock", systemPackage]),
    room("DesktopBus", ["BlockIO", "CLinuxBlock", "CSystemd"]),
    room("DiskFormats", ["BlockIO"]),
    room("BlockMap", ["BlockIO"]),
    room("DeviceProbe", ["DiskFormats", "BlockIO", "CUdev", "CBlkid", systemPackage]),
    room("DeviceSafety", ["DeviceProbe", "BlockIO", systemPackage]),
    room("Decompression", ["BlockIO", "CLzma", "CZstd", "CIsal", "CLz4"]),
    room("DiskContainers", ["DiskFormats", "Decompression", "BlockIO"]),
    room("Unpacking", ["DiskContainers", "Decompression", "BlockIO"]),
    room("ImageInspector", ["Unpacking", "DiskContainers", "DiskFormats", "Decompression", "BlockIO"]),
    room(
      "ImageSource",
      [
        "Unpacking", "DiskContainers", "DiskFormats", "Decompression", "Sandbox", "BlockIO", "CCurl",
        systemPackage,
      ]),
    room("ImageTrust", ["Sandbox", "BlockIO", systemPackage]),
    room(
      "Writer", ["DeviceSafety", "ImageSource", "ImageTrust", "BlockMap", "BlockIO", systemPackage]),
    room("UndoStore", ["DeviceSafety", "DeviceProbe", "DiskFormats", "BlockIO", systemPackage]),
    room("Reader", ["BlockIO", "CZstd", systemPackage]),
    room("Terminal", [systemPackage]),
    room("Documents", ["Writer", "Terminal", "BlockIO"]),
    room(
      "Commands",
      [
        "Writer", "UndoStore", "Reader", "DeviceSafety", "DeviceProbe", "ImageInspector", "ImageSource",
        "ImageTrust", "DiskContainers", "DiskFormats", "BlockMap", "Documents",
        "Terminal", "DesktopBus", "Unpacking", "Decompression", "Sandbox", "BlockIO", systemPackage,
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ]),
    .executableTarget(name: "burin", dependencies: ["Commands"], swiftSettings: strict),

    .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
    // Apart from the rest, which the tests of the rules need without all that is below an image.
    .target(
      name: "ImageSupport",
      dependencies: ["TestSupport", "BlockMap", "BlockIO", "ImageSource", systemPackage],
      path: "Tests/ImageSupport", swiftSettings: strict),
    tests(
      "WriterTests",
      [
        "Writer", "ImageSource", "ImageTrust", "DeviceSafety", "BlockMap", "BlockIO", "ImageSupport",
        systemPackage,
      ]),
    tests("ReaderTests", ["Reader", "BlockIO", systemPackage]),
    tests(
      "ImageSourceTests",
      [
        "DiskContainers", "ImageSource", "Unpacking", "Decompression", "Sandbox", "BlockIO", "ImageSupport",
        systemPackage,
      ]),
    tests("DecompressionTests", ["Decompression", "BlockIO"]),
    tests("BlockMapTests", ["BlockMap", "BlockIO", "ImageSupport"]),
    tests("DiskContainersTests", ["DiskContainers", "BlockIO"]),
    tests("UnpackingTests", ["Unpacking", "Decompression", "BlockIO"]),
    tests("BlockIOTests", ["BlockIO", systemPackage]),
    tests("DiskFormatsTests", ["DiskFormats", "BlockIO", "FuzzTargets", systemPackage]),
    .target(
      name: "FuzzTargets",
      dependencies: [
        "Documents", "ImageInspector", "ImageSource", "ImageTrust", "UndoStore", "DiskFormats", "DeviceProbe",
        "Unpacking", "Decompression", "DiskContainers", "BlockMap", "BlockIO",
      ],
      path: "Tests/Fuzz/Targets",
      swiftSettings: strict),
    tests(
      "ImageInspectorTests",
      [
        "ImageInspector", "DiskContainers", "Unpacking", "Decompression", "DiskFormats", "BlockIO",
        "FuzzTargets", systemPackage,
      ]),
    tests("ArchitectureTests", []),
    .executableTarget(
      name: "confinement-probe", dependencies: ["CLinuxBlock"], path: "Tests/ConfinementProbe",
      cSettings: [.enableWarning("all"), .enableWarning("extra"), .treatAllWarnings(as: .error)]),
    tests("SandboxTests", ["Sandbox", "BlockIO", "confinement-probe"]),
    tests("ImageTrustTests", ["ImageTrust", "Sandbox", "BlockIO", systemPackage]),
    tests("TerminalTests", ["Terminal", systemPackage]),
    tests(
      "CommandsTests",
      [
        "Commands", "Documents", "Terminal", "Writer", "UndoStore", "Reader", "DeviceSafety", "DeviceProbe",
        "ImageInspector", "DiskContainers", "DiskFormats", "ImageSource", "ImageTrust", "Unpacking",
        "Decompression", "Sandbox", "DesktopBus", "BlockMap", "BlockIO", "FuzzTargets", "ImageSupport",
        "CSystemd", systemPackage, .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      // The other end of a bus.
      linking: ["systemd"]),
    tests("UndoStoreTests", ["UndoStore", "DeviceSafety", "DeviceProbe", "BlockIO", systemPackage]),
    tests("DeviceSafetyTests", ["DeviceSafety", "DeviceProbe", "BlockIO", systemPackage]),
    tests(
      "LoopDeviceTests",
      [
        "Writer", "UndoStore", "Reader", "ImageSource", "DeviceSafety", "DeviceProbe", "BlockMap",
        "DiskFormats", "BlockIO", "ImageSupport", systemPackage,
      ]),
    tests("DeviceProbeTests", ["DeviceProbe", "DiskFormats", "BlockIO", systemPackage]),
  ],
  swiftLanguageModes: [.v6]
)
