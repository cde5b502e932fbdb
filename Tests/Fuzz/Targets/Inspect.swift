import BlockIO
import DiskFormats
import ImageInspector

extension FuzzTarget {
  /// The whole inspection, in which each detector works on what the ones before it found.
  public static let inspect = FuzzTarget(
    "inspect",
    seeds: {
      let images = [HybridImage.build(), UDFImage.build(), FuzzTarget.fat.seeds().first ?? []]
      return images.map { SparseImage.records(of: $0, blockSize: 512) }
    },
    run: { input in
      let image = SparseImage(input, blockSize: 512, blockCount: 16_384)
      guard let report = try? ImageInspector.inspect(image) else { return }
      precondition(report.findings.count < 200, "a list that nobody reads")
      for offset: UInt64 in [0, 511, 512, 32_768, 1 << 20, .max] {
        precondition(!report.area(containing: offset).words.isEmpty)
      }
    })

  /// The inspection of what is packed, from the bytes of the file on.
  public static let packed = FuzzTarget(
    "packed",
    seeds: { decompression.flatMap { $0.seeds() } },
    run: { file in
      guard let report = try? ImageInspector.inspect(file) else { return }
      precondition(report.byteCount == UInt64(file.count), "the length is that of the file")
      precondition(
        report.unpacked.map { $0.seenByteCount <= 32 << 20 } ?? true, "more than there is room for")
      precondition((try? ImageReport(transferBytes: report.transferBytes)) == report, "lost on the way")
    })
}
