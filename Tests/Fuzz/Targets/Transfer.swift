import ImageInspector

extension FuzzTarget {
  /// What the confined process answers, as the process reads it that trusts it with nothing.
  public static let transfer = FuzzTarget(
    "transfer",
    seeds: {
      inspect.seeds().compactMap {
        try? ImageInspector.inspect(SparseImage($0, blockSize: 512, blockCount: 16_384)).transferBytes
      } + packed.seeds().compactMap { try? ImageInspector.inspect($0).transferBytes }
    },
    run: { bytes in
      guard let report = try? ImageReport(transferBytes: bytes) else { return }
      precondition(report.transferBytes == bytes, "there is one form only")
    })
}
