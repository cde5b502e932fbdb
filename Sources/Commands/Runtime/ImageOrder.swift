import ArgumentParser
import BlockIO
import Documents
import Glibc
import ImageSource
import SystemPackage
import Terminal

/// What somebody names as the image.
struct ImageOrder: Hashable {
  /// Where it comes from.
  var location: ImageLocation
  /// `--size`: how many bytes must come, where there is no file that has a length.
  var byteCount: UInt64?

  init(_ location: ImageLocation, byteCount: UInt64? = nil) {
    self.location = location
    self.byteCount = byteCount
  }

  /// Understands an argument, and `--size`.
  init(argument: String, byteCount: UInt64? = nil) throws(Refusal) {
    do throws(ImageLocation.Fault) { location = try ImageLocation(parsing: argument) } catch {
      throw Refusal(diagnostic: Diagnostic(error))
    }
    if case .path(let path) = location, byteCount != nil { throw Refusal(diagnostic: .sizeOfFile(path)) }
    self.byteCount = byteCount
  }

  /// Whether it is at a path, and neither comes through standard input nor from a server.
  var isFile: Bool { if case .path = location { true } else { false } }

  /// The path by which the rules find the disk under the image; nil where it is on none.
  var anchor: String? {
    switch location {
    case .path(let path): path
    case .standardInput: Self.standardInputPath
    case .url: nil
    }
  }

  private static let standardInputPath = "/proc/self/fd/0"

  /// Opens a file, or begins to read what is none.
  func open(
    acceptsDevice: Bool, in context: Context
  ) throws(ImageSourceError) -> (any SuppliedFile, ImageOrigin) {
    switch location {
    case .path(let path): return (try RawImage(opening: path, acceptsDevice: acceptsDevice), .file)
    case .standardInput: return try openStandardInput(acceptsDevice, context.standardInput)
    case .url(let url):
      let stream = try context.fetch(url)
      let length = try agreed(stream.length)
      return (try StreamedFile(stream, named: location.name, length: length), .server(stream, url))
    }
  }

  /// A file that is read from its beginning is a file like any other; of anything else only the rest comes.
  private func openStandardInput(
    _ acceptsDevice: Bool, _ number: CInt
  ) throws(ImageSourceError) -> (any SuppliedFile, ImageOrigin) {
    let kind = try kind(of: number)
    switch kind {
    case .fifo, .socket: break
    case .regular where lseek(number, 0, SEEK_CUR) != 0: break
    case .regular where byteCount == nil, .blockDevice where byteCount == nil:
      return (try RawImage(opening: "/proc/self/fd/\(number)", acceptsDevice: acceptsDevice), .file)
    case .regular: break
    case .blockDevice, .characterDevice, .directory, .other:
      throw .wrongKind(path: location.name, kind: kind)
    }
    let length = byteCount.map { ImageLength.exact($0) } ?? .unknown
    return (try StreamedFile(PipeStream(reading: number), named: location.name, length: length), .pipe)
  }

  private func kind(of number: CInt) throws(ImageSourceError) -> FileState.Kind {
    do throws(SystemCallError) {
      return try FileState(at: FilePath("/proc/self/fd/\(number)")).kind
    } catch { throw .system(error, offset: nil) }
  }

  /// What a server announces and what a person says must be the same.
  private func agreed(_ announced: ImageLength) throws(ImageSourceError) -> ImageLength {
    guard let byteCount else { return announced }
    if case .exact(let count) = announced, count != byteCount {
      throw count < byteCount
        ? .endsEarly(path: location.name, expected: byteCount, found: count)
        : .goesOn(path: location.name, expected: byteCount)
    }
    return .exact(byteCount)
  }
}

/// How the bytes of an image come here.
enum ImageOrigin: Sendable {
  /// From a file that can be read again.
  case file
  /// From another program, once.
  case pipe
  /// From a server, once.
  case server(FetchStream, SecretURL)

  /// The entry `source` of JSON.
  var json: JSONValue {
    switch self {
    case .file: ["kind": "file", "url": .null, "foundAt": .null, "resumed": .null]
    case .pipe: ["kind": "pipe", "url": .null, "foundAt": .null, "resumed": .null]
    case .server(let stream, let url):
      [
        "kind": "url", "url": JSONValue(url.shown), "foundAt": JSONValue(stream.foundAt),
        "resumed": JSONValue(stream.resumptionCount),
      ]
    }
  }
}

/// The option of commands that read what has no length of its own.
struct SizeOption: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "How many bytes must come through standard input or from the server, no more and no less.",
      valueName: "bytes"))
  var size: UInt64?
}
