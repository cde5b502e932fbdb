/// A list of checksums that lies in an image, of the files beside it: `md5sum.txt` of Debian and Ubuntu.
///
/// Anybody can make one that is right: it tells damage, never an origin.
public enum TreeList {
  /// The names that such a list has in the root directory, the one with the best digest first.
  public static let names = [
    "sha512sum.txt", "SHA512SUMS", "sha256sum.txt", "SHA256SUMS", "sha1sum.txt", "md5sum.txt", "MD5SUMS",
  ]
  /// The longest list that is read, in bytes.
  public static let limit = ChecksumFile.limit
  /// The most files that are looked for; the largest real list has some ten thousand.
  private static let mostLines = 1 << 17

  /// One of its lines.
  public struct Line: Hashable, Sendable {
    /// The path of the file from the list, with slashes; foreign bytes.
    public let path: [UInt8]
    /// The checksum that the file should have.
    public let checksum: ExpectedChecksum
  }

  /// The lines of a list; those that are none, or whose digest is not known, are left out.
  public static func lines(in text: [UInt8]) -> [Line] {
    var lines: [Line] = []
    for bytes in ChecksumFile.lines(of: text) where bytes.count <= ChecksumFile.longestLine {
      guard lines.count < mostLines else { break }
      guard let line = ChecksumLine(bytes), let path = line.path,
        let algorithm = DigestName.algorithm(of: line, hint: nil),
        let checksum = try? ExpectedChecksum(algorithm, line.digest)
      else { continue }
      lines.append(Line(path: path, checksum: checksum))
    }
    return lines
  }
}
