/// Who judges signatures over an image while it is read, and has begun to before the reading begins.
public struct PassListeners: Sendable {
  /// Over the bytes that come onto a medium, by the name of the signature file.
  public var image: [(name: String, listener: any SignatureListener)] = []
  /// Over the compressed file that they are in.
  public var file: [(name: String, listener: any SignatureListener)] = []

  /// Begins with nobody.
  public init() {}

  /// Begins to judge signatures.
  public init(_ signatures: [FoundTrust.ImageSignature], _ judge: any SignatureJudge) {
    for signature in signatures {
      let entry = (name: signature.name, listener: judge.listener(to: signature.bytes))
      switch signature.subject {
      case .image: image.append(entry)
      case .file: file.append(entry)
      }
    }
  }

  /// The processes that judge.
  public var children: [Int32] { (image + file).flatMap(\.listener.children) }
}
