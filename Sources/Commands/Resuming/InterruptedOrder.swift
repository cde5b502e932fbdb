import BlockIO
import Documents
import ImageSource
import SystemPackage
import UndoStore

/// What a write notes of its order, so that `burin resume` can go on with it.
///
/// Only what is done with the image: what the rules may overlook about a disk is never taken from a file.
struct InterruptedOrder: Hashable {
  /// The absolute path of the image.
  let image: String
  /// The length of its file in bytes.
  let fileByteCount: UInt64
  /// When the file was last changed, with all its places.
  let modified: String
  /// What was chosen for the image, and for the time when everything is proven.
  let options: PlannedOptions

  private static let kind = "interrupted-write"

  /// Notes an order.
  /// - Returns: nil where the image is no file: what comes once does not come again from where it stopped.
  init?(_ order: WriteOrder, _ image: OpenedImage, _ options: PlannedOptions) {
    guard !order.isGenerated, order.source?.isFile != false, let state = image.file.state,
      state.kind == .regular
    else { return nil }
    self.image = PlanCommand.absolute(image.file.path)
    fileByteCount = state.byteCount
    modified = state.modified.text
    self.options = options
  }

  /// Reads what ``json`` writes; nil for anything else.
  init?(parsing bytes: [UInt8]) {
    guard let document = try? JSONParser.parse(bytes), document["kind"] == .string(Self.kind),
      document["schema"] == .unsigned(1), let image = document["image"]?.text, image.hasPrefix("/"),
      case .unsigned(let fileByteCount)? = document["fileBytes"],
      let modified = document["modified"]?.text,
      let options = PlannedOptions(document["options"])
    else { return nil }
    (self.image, self.fileByteCount, self.modified) = (image, fileByteCount, modified)
    self.options = options
  }

  /// The order as it is kept.
  var json: JSONValue {
    [
      "schema": 1, "kind": JSONValue(Self.kind), "image": JSONValue(image),
      "fileBytes": JSONValue(fileByteCount), "modified": JSONValue(modified),
      "options": options.json,
    ]
  }

  /// Whether the file is the one that was being written, as far as it tells without being read.
  ///
  /// One that cannot be looked at is not this type's to judge. And a change that leaves length and time as they were
  /// does no harm: what comes onto the stick is read, compared and proven anew in any case.
  var hasSameFile: Bool {
    guard let state = try? FileState(at: FilePath(image)) else { return true }
    return state.byteCount == fileByteCount && state.modified.text == modified
  }
}
