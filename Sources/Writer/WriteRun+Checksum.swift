import BlockIO
import ImageSource
public import ImageTrust
import Synchronization

/// What a checksum that was given turned out to be the checksum of.
public enum ChecksumSubject: Hashable, Sendable, CaseIterable {
  /// The bytes that came onto the medium.
  case image
  /// The compressed file that they were in.
  case file
}

/// A checksum that was given, and what was found instead (R50).
public struct ChecksumMismatch: Hashable, Sendable {
  /// What was given.
  public let expected: ExpectedChecksum
  /// The digest of the bytes that would have come onto the medium.
  public let ofImage: [UInt8]
  /// The digest of the compressed file that they are in; nil where there is none.
  public let ofFile: [UInt8]?
}

/// The digests of one pass over an image, of exactly the bytes that were read (R50).
struct PassDigests: Sendable {
  /// The SHA-256 of the image, if one is reported.
  var sha256: [UInt8]?
  /// The digest of the image that is compared with a checksum, if one was given.
  var compared: [UInt8]?
}

extension WriteRun {
  /// Takes the digests of all pieces, in their order.
  func digests(of pieces: Channel<Piece>) async -> PassDigests {
    guard let checksum = plan.checksum else {
      guard plan.digest == .sha256 else { return PassDigests() }
      return PassDigests(sha256: await Self.sha256(of: pieces))
    }
    var compared = Self.digest(checksum.algorithm)
    guard plan.digest == .sha256, checksum.algorithm != .sha256 else {
      while let piece = await pieces.next() {
        compared.update(piece.memory.buffer, count: piece.imageCount)
      }
      let found = compared.finish()
      return PassDigests(sha256: plan.digest == .sha256 ? found : nil, compared: found)
    }
    var sha256 = SHA256()
    while let piece = await pieces.next() {
      compared.update(piece.memory.buffer, count: piece.imageCount)
      sha256.update(piece.memory.buffer, count: piece.imageCount)
    }
    return PassDigests(sha256: sha256.finish(), compared: compared.finish())
  }

  /// What takes the digest of the file that the image is in while it is decoded; nil where there is no such file, or
  /// nothing is compared.
  func fileWitness() -> DigestWitness? {
    guard let checksum = plan.checksum, image.packedFile != nil else { return nil }
    return DigestWitness(Self.digest(checksum.algorithm))
  }

  /// Takes the same digest in a read of its own, where the decoder reads the file by itself; nil where its bytes are the image, or nothing is compared.
  func digestOfFile() throws(WriteError) -> [UInt8]? {
    guard let checksum = plan.checksum, let file = image.packedFile else { return nil }
    let digest = Self.digest(checksum.algorithm)
    let found: [UInt8]?
    do throws(ImageSourceError) { found = try file.digest(digest, unless: { Task.isCancelled }) } catch {
      throw .image(error)
    }
    guard let found else { throw .cancelled }
    return found
  }

  private static func sha256(of pieces: Channel<Piece>) async -> [UInt8] {
    var digest = SHA256()
    while let piece = await pieces.next() { digest.update(piece.memory.buffer, count: piece.imageCount) }
    return digest.finish()
  }

  private static func digest(_ algorithm: DigestAlgorithm) -> MessageDigest {
    guard let digest = MessageDigest(algorithm) else { preconditionFailure("the plan has made sure of it") }
    return digest
  }

  /// Compares the checksum that was given with the image and with the file that it is in.
  ///
  /// Before the head is written, so that what is not as it should be cannot boot. A decoder has come to its good end
  /// by now: all of the file was decoded, and all of it was hashed.
  /// - Returns: what it is the checksum of; nil where none was given.
  func requireChecksum(_ written: WrittenBody) throws(WriteError) -> ChecksumSubject? {
    guard let expected = plan.checksum, let ofImage = written.passDigests.compared else { return nil }
    if ofImage == expected.bytes { return .image }
    if written.fileDigest == expected.bytes { return .file }
    throw .checksum(ChecksumMismatch(expected: expected, ofImage: ofImage, ofFile: written.fileDigest))
  }
}

/// Takes a digest of the bytes that it is shown.
final class DigestWitness: ByteWitness {
  private let digest: Mutex<MessageDigest?>

  init(_ digest: consuming sending MessageDigest) { self.digest = Mutex(.some(digest)) }

  func see(_ buffer: borrowing AlignedBuffer, count: Int) {
    let bytes = buffer.bytes.extracting(0..<count)
    digest.withLock { $0?.update(bytes) }
  }

  /// Ends the digest; nil where that has been done before.
  func finish() -> [UInt8]? {
    digest.withLock { digest in
      guard let whole = digest.take() else { return nil }
      return whole.finish()
    }
  }
}
