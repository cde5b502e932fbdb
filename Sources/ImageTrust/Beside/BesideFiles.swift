public import BlockIO
import SystemPackage

/// Why a file beside an image that may hold checksums says nothing.
public enum BesideTrouble: Hashable, Sendable {
  /// It is a symbolic link, a directory, a pipe or a device: none of these is read.
  case notRegular
  /// The kernel does not let it be read.
  case unreadable(SystemCallError)
  /// It is longer than any real one; the limit in bytes.
  case tooLong(limit: Int)
  /// It is no text, or its signature is not where it belongs.
  case senseless
  /// It is an OpenPGP message that holds its text itself, packed or encrypted (RFC 9580, section 10.3).
  case message
  /// It is a signature over a list, by its name, that is not there.
  case listMissing
  /// No line is one for the image, and another one has the image's name as a word.
  case notUnderstood
  /// Its line for the image holds no checksum, or one whose kind or length is not known.
  case unusable
  /// One of its lines for the image holds no checksum, or one whose kind or length is not known; another was used.
  case partlyUnusable
  /// There are more files than are read; the limit.
  case tooMany(limit: Int)
  /// It gives the image two digests of one kind.
  case conflict(ExpectedChecksum, ExpectedChecksum)
  /// It gives several files the image's name, in different directories.
  case ambiguous
}

/// The files beside an image, read with limits.
///
/// Only regular files are opened, by their own name: no symbolic link is followed, nothing waits for a pipe.
struct BesideFiles {
  /// How many files are read; an honest directory has a handful.
  static let limit = 64

  /// Where they are.
  enum Place: Hashable {
    /// In a directory of this machine.
    case directory(FilePath)
    /// In memory, by their names, after somebody has asked a server for them.
    case memory([String: [UInt8]])
  }

  let place: Place

  /// What is there; nothing where it cannot be read.
  var names: [String] {
    switch place {
    case .directory(let directory): (try? SmallFile.names(in: directory)) ?? []
    case .memory(let files): files.keys.sorted()
    }
  }

  /// Reads a file to its end.
  func bytes(of name: String, limit: Int) throws(BesideFailure) -> [UInt8] {
    switch place {
    case .directory(let directory): return try Self.bytes(of: name, in: directory, limit: limit)
    case .memory(let files):
      guard let bytes = files[name] else { throw BesideFailure(.notRegular) }
      guard bytes.count <= limit else { throw BesideFailure(.tooLong(limit: limit)) }
      return bytes
    }
  }

  private static func bytes(
    of name: String, in directory: FilePath, limit: Int
  ) throws(BesideFailure) -> [UInt8] {
    guard let component = FilePath.Component(name) else { throw BesideFailure(.notRegular) }
    let path = directory.appending(component)
    let state: FileState
    do throws(SystemCallError) { state = try FileState(ofLink: path) } catch {
      throw BesideFailure(.unreadable(error))
    }
    guard state.kind == .regular else { throw BesideFailure(.notRegular) }
    guard state.byteCount <= limit else { throw BesideFailure(.tooLong(limit: limit)) }
    do throws(SystemCallError) {
      return try SmallFile.bytes(ofRegularFile: path, limit: Int(state.byteCount), [.noFollow])
    } catch { throw BesideFailure(.unreadable(error)) }
  }
}

/// ``BesideTrouble`` as an error.
struct BesideFailure: Error {
  let trouble: BesideTrouble
  init(_ trouble: BesideTrouble) { self.trouble = trouble }
}
