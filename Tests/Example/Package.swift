// swift-tools-version: 6.2

import PackageDescription

// A package of its own, as that of somebody who uses the libraries: it sees what is public, and nothing else.
let package = Package(
  name: "example",
  dependencies: [.package(name: "burin", path: "../..")],
  targets: [
    .executableTarget(
      name: "Example",
      dependencies: [
        .product(name: "DeviceProbe", package: "burin"), .product(name: "ImageInspector", package: "burin"),
        .product(name: "Writer", package: "burin"),
      ], path: ".", exclude: ["run"], sources: ["Example.swift"],
      swiftSettings: [.strictMemorySafety(), .treatAllWarnings(as: .error)])
  ],
  swiftLanguageModes: [.v6]
)
