/// How much of a packed image is unpacked to be looked at.
package struct UnpackingLimits: Hashable, Sendable {
  /// The longest beginning of the image, in bytes.
  package var imageByteCount: Int
  /// How much of the file is read for it, in bytes; members without content cost reading and give nothing.
  package var fileByteCount: UInt64
  /// How long that may take.
  package var time: Duration

  /// Creates limits.
  package init(imageByteCount: Int, fileByteCount: UInt64 = usual.fileByteCount, time: Duration = usual.time)
  {
    self.imageByteCount = imageByteCount
    self.fileByteCount = fileByteCount
    self.time = time
  }

  /// Tables, volume descriptors, boot code and catalogs lie in the first few MiB, and so do the EFI system
  /// partitions of nearly all images; ``PackedFormat/lookedAtByteCount`` bounds what the slow formats cost.
  ///
  /// The time is a tenth of what the whole inspection may take, and half of its processor time.
  package static let usual = UnpackingLimits(
    imageByteCount: 32 << 20, fileByteCount: 96 << 20, time: .seconds(30))
}
