import ImageTrust

extension FuzzTarget {
  /// Signatures and files of keys; the first byte chooses what the rest is taken for.
  ///
  /// No program is started.
  public static let imageSignatures = FuzzTarget(
    "image-signatures",
    seeds: {
      let keys = [minisignKey, sshKey, openPGPKey].map { [0] + Array($0.utf8) }
      let detached = [minisign, ssh, openPGP].map { [1] + Array($0.utf8) }
      return keys + detached + [embedded, clearSigned].map { [2] + Array($0.utf8) }
    },
    run: { bytes in
      guard let choice = bytes.first else { return }
      let file = Array(bytes.dropFirst())
      switch choice % 3 {
      case 0:
        guard let keys = try? TrustedKeys(contents: file, path: "f") else { return }
        for signature in [minisign, ssh, openPGP] { judge(Array(signature.utf8), keys) }
      case 1:
        for key in [minisignKey, sshKey, openPGPKey] {
          guard let keys = try? TrustedKeys(contents: Array(key.utf8), path: "f") else {
            preconditionFailure("a good key is not read")
          }
          judge(file, keys)
        }
      default: open(file)
      }
    })

  private static let withoutTools = SignatureTools(gpgv: nil, sqv: nil)

  private static func judge(_ signature: [UInt8], _ keys: TrustedKeys) {
    let verifier = SignatureVerifier(keys: keys, tools: withoutTools)
    let verdict = verifier.verdict(on: Array("another text".utf8), signature: signature)
    precondition(!verdict.isGood, "a signature of another text is good")
  }

  private static func open(_ file: [UInt8]) {
    guard let keys = try? TrustedKeys(contents: Array(signifyKey.utf8), path: "f") else { return }
    let opened = SignatureVerifier(keys: keys, tools: withoutTools).open(file)
    precondition(opened.text.count <= file.count + 1, "a text grows in its frame")
    precondition(!opened.verdict.isGood || opened.text == Array(embeddedText.utf8), "another text is good")
  }

  private static let embeddedText = "0123  image.iso\n- dashed\nlast\n"
  private static let minisignKey = """
    untrusted comment: minisign public key A04D98883C91FCEB
    RWTr/JE8iJhNoOxGBBzI3249ZYGg7qQ744KQWWklXOwVP54iC37AXdMB

    """
  private static let minisign = """
    untrusted comment: signature from minisign secret key
    RUTr/JE8iJhNoNgnZNH3/T+DWloRGfKM6AL6FkeXw6EPDfS40yBY/lbpt9DwklELkIDCFlb4+babhs2dfMxm994P7RIFptvDXAY=
    trusted comment: the comment
    z6+m3uvcpa+yy+5LjPpImZP1pilbWr2000u98omqYZk/30ARSHqFnEH6LCR7WQYVGJoI1qK+nKB13UAtw1z3Aw==

    """
  private static let signifyKey = """
    untrusted comment: our key public key
    RWRVn9shQpAij7K4zvte98khcgbPjndtonFK9SKVrELjOM9U3ri/nyOF

    """
  private static let embedded = """
    untrusted comment: verify with s.pub
    RWRVn9shQpAij1kzFM/m1vsuJZ4n4ryUpa5ISZ1S3S/v7RTXAe+W7uJFUaeDUpEI2BU5knhv6HGGHd7l9ApVvHQ6k40BtSkz0Ak=
    0123  image.iso
    - dashed
    last

    """
  private static let sshKey = """
    ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAICr/kNCTNgcAIE7lnMOeinQx6bX6/X57pRTrrq0wgfP4 me@example.org

    """
  private static let ssh = """
    -----BEGIN SSH SIGNATURE-----
    U1NIU0lHAAAAAQAAADMAAAALc3NoLWVkMjU1MTkAAAAgKv+Q0JM2BwAgTuWcw56KdDHptf
    r9fnulFOuurTCB8/gAAAAEZmlsZQAAAAAAAAAGc2hhNTEyAAAAUwAAAAtzc2gtZWQyNTUx
    OQAAAEBXAn4j6QrVZo116Vs/SHVMElhZ2W7FLFW6/9n6KsdYumGQNGWU5TuSz+f8u4bdGP
    4MRsdMz/ZOfowiMRrqeiUJ
    -----END SSH SIGNATURE-----

    """
  private static let openPGPKey = """
    -----BEGIN PGP PUBLIC KEY BLOCK-----

    mDMEawGyAxYJKwYBBAHaRw8BAQdAUaKXHbeFNPLDbk/3l1vIyOAFDZVsPg5RA9J8
    2Xdn/Xi0HVJlbGVhc2UgPHJlbGVhc2VAZXhhbXBsZS5vcmc+iJAEExYIADgWIQTK
    aUog+8bs9DnY9bCLnXroxMoQ6AUCawGyAwIbAwULCQgHAgYVCgkICwIEFgIDAQIe
    AQIXgAAKCRCLnXroxMoQ6JH/AQDKmyTvFvhuq/C/kAMf2Ka5DpI6AFUePLbw+C1X
    VlqsFgD9EiBqUvm7DfG3u/mQd3AdhfwkaFBSUTC5df9FryF9DAw=
    =2ShH
    -----END PGP PUBLIC KEY BLOCK-----

    """
  private static let openPGP = """
    -----BEGIN PGP SIGNATURE-----

    iHUEABYIAB0WIQTKaUog+8bs9DnY9bCLnXroxMoQ6AUCawGyAwAKCRCLnXroxMoQ
    6KGDAP9RKYcqAieNbQiZXW8VRoxFljJUQKNp1vNzhOFVjqF/CQD/cxAbyEctKJRq
    +RGcpGX6szZS7xV9qF/wJ9HxDvF9mQw=
    =KlJD
    -----END PGP SIGNATURE-----

    """
  private static let clearSigned = """
    -----BEGIN PGP SIGNED MESSAGE-----
    Hash: SHA256

    0123  image.iso
    - - dashed
    last
    -----BEGIN PGP SIGNATURE-----

    iHUEARYIAB0WIQTKaUog+8bs9DnY9bCLnXroxMoQ6AUCawGyAwAKCRCLnXroxMoQ
    6HkUAQCfCnm1eonVHZPHTQUYWgEdP0v/fwhYdX3BVm7Hqm2GgwEA8Ryi/8Hl+ScL
    kgtHFBgkNGNpXRlslzxajdVKpn1Khgc=
    =TOno
    -----END PGP SIGNATURE-----

    """
}
