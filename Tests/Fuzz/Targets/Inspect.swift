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
}
