// swift-tools-version: 6.2

import PackageDescription

// A package of its own, because a plain build of the main one cannot link libFuzzer's entry points.
// `Targets` is also a module of the main package, whose tests replay `Crashes`.
let package = Package(
  name: "fuzz",
  dependencies: [.package(name: "burin", path: "../..")],
  targets: [
    .executableTarget(
      name: "Fuzz",
      dependencies: [
        .product(name: "DiskFormats", package: "burin"), .product(name: "ImageInspector", package: "burin"),
        .product(name: "DeviceProbe", package: "burin"), .product(name: "Documents", package: "burin"),
        .product(name: "UndoStore", package: "burin"), .product(name: "Decompression", package: "burin"),
        .product(name: "DiskContainers", package: "burin"),
        .product(name: "ImageTrust", package: "burin"),
        .product(name: "ImageSource", package: "burin"),
        .product(name: "Unpacking", package: "burin"),
        .product(name: "BlockMap", package: "burin"),
      ], path: ".",
      exclude: ["Corpus", "Crashes", "run"], sources: ["Entry", "Targets"],
      swiftSettings: [.strictMemorySafety(), .treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
