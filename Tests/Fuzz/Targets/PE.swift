import BlockIO
import DiskFormats

extension FuzzTarget {
  /// EFI programs and Apple's universal binaries.
  public static let pe = FuzzTarget(
    "pe",
    seeds: {
      let universal: [UInt8] = [0xB9, 0xFA, 0xF1, 0x0E, 1, 0, 0, 0, 7, 0, 0, 1, 3, 0, 0, 0, 0, 1, 0, 0, 0, 1]
      return [program(wide: true), program(wide: false), universal]
    },
    run: { bytes in
      guard case .portableExecutable(let file) = try? EFIBinary(parsing: bytes) else { return }
      _ = (file.machine.bootFileSuffix, file.isTruncated)
      for certificate in file.certificates {
        precondition(certificate.offset + certificate.byteCount <= UInt64(bytes.count))
      }
    })
}

/// Headers, one section and two certificates.
private func program(wide: Bool) -> [UInt8] {
  var writer = ByteWriter(count: 1024)
  writer.put("MZ".utf8, at: 0)
  writer.put([0x40], at: 0x3C)
  let machine: [UInt8] = wide ? [0x64, 0x86] : [0x4C, 0x01]
  writer.put([0x50, 0x45, 0, 0] + machine + [1, 0], at: 0x40)
  writer.put([wide ? 240 : 224], at: 0x54)
  let directories = 0x58 + (wide ? 112 : 96)
  writer.put([0x0B, wide ? 2 : 1], at: 0x58)
  writer.put([0, 0x10], at: 0x58 + 32)
  writer.put([0, 0x20, 0, 0, 0, 2], at: 0x58 + 56)
  writer.put([10], at: 0x58 + 68)
  writer.put([16], at: directories - 4)
  writer.put([0, 3, 0, 0, 40], at: directories + 32)
  let section = 0x58 + (wide ? 240 : 224)
  writer.put(".text".utf8, at: section)
  writer.put([0, 0x10, 0, 0, 0, 1, 0, 0, 0, 2], at: section + 12)
  writer.put([20, 0, 0, 0, 0, 2, 2], at: 768)
  writer.put([12, 0, 0, 0, 0, 2, 2], at: 768 + 24)
  return writer.bytes
}
