import BlockIO
import ImageInspector
import SystemPackage
import TestSupport

@testable import Commands
@testable import Terminal

/// Images of which something is known.
enum KnownImages {
  /// One that boots, as far as its report says.
  static func good(_ path: String) throws -> KnownImage {
    KnownImage(
      argument: path, report: try report(),
      trust: ["not proven: no checksum and no signature was checked"], objection: nil, isRefused: false)
  }

  /// One that is cut off.
  static func refused(_ path: String) throws -> KnownImage {
    let diagnostic = Diagnostic(
      .imageTruncated, .imageRefused, "\(path) is cut off",
      because: ["by its own structures 4 096 bytes are missing at its end"], toFix: "download it again")
    return KnownImage(
      argument: path, report: try report(), trust: [], objection: diagnostic, isRefused: true)
  }

  /// The report on an image that has a boot record and nothing else.
  private static func report() throws -> ImageReport {
    let directory = try ScratchDirectory()
    var bytes = [UInt8](repeating: 0, count: 1 << 20)
    bytes[446] = 0x80
    bytes[450] = 0x83
    bytes[454] = 0x08
    bytes[459] = 0x04
    (bytes[510], bytes[511]) = (0x55, 0xAA)
    try directory.write(bytes, to: "image")
    return try ImageInspector.inspect(
      FileBytes(adopting: OwnedDescriptor(opening: FilePath(directory.path + "/image"))), member: nil)
  }
}
