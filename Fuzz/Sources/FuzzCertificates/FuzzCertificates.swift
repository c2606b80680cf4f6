package import FuzzTargets

/// The properties of what stands on packages: certificates, and requests for them.
package enum FuzzCertificates {
  package static let all: [any FuzzTarget.Type] = [
    CertificateRequestTarget.self, CertificateTarget.self,
  ]
}
