package gpu.kerf.extender.certificate;

import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.security.spec.ECGenParameterSpec;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.CertIOException;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;

/**
 * Makes certificates, each signed by an authority of its own that signs once: the authority's key
 * is thrown away at once, so that a reader of the stored files cannot make another certificate.
 */
final class CertificateMaker {
  private static final int SERIAL_BITS = 128;

  private final SecureRandom random = new SecureRandom();
  private final List<String> names;
  private final Duration validity;

  /**
   * @param names for whom, the first one is its subject
   */
  CertificateMaker(List<String> names, Duration validity) {
    this.names = List.copyOf(names);
    this.validity = validity;
  }

  /** What is signed: who, with which key, as whom. */
  private record SigningRequest(
      X500Name issuer, PrivateKey signer, X500Name subject, KeyPair keys) {}

  /**
   * A new one.
   *
   * @param before the authority of the last one, which is still believed; or empty
   */
  Bundle make(Instant now, String before) throws GeneralSecurityException {
    try {
      X500Name authority = new X500Name("CN=kerf webhook " + Long.toHexString(random.nextLong()));
      KeyPair signing = keys();
      KeyPair serving = keys();
      X509Certificate root =
          root(new SigningRequest(authority, signing.getPrivate(), authority, signing), now);
      X500Name subject = new X500Name("CN=" + names.get(0));
      X509Certificate leaf =
          leaf(new SigningRequest(authority, signing.getPrivate(), subject, serving), now);
      return new Bundle(Pem.of(leaf), Pem.of(serving.getPrivate()), Pem.of(root) + before);
    } catch (OperatorCreationException | CertIOException e) {
      throw new GeneralSecurityException(e);
    }
  }

  private KeyPair keys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(new ECGenParameterSpec("secp256r1"), random);
    return generator.generateKeyPair();
  }

  private X509Certificate root(SigningRequest options, Instant now)
      throws GeneralSecurityException, OperatorCreationException, CertIOException {
    JcaX509v3CertificateBuilder builder = builder(options, now);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(0));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign));
    return signed(builder, options);
  }

  private X509Certificate leaf(SigningRequest options, Instant now)
      throws GeneralSecurityException, OperatorCreationException, CertIOException {
    JcaX509v3CertificateBuilder builder = builder(options, now);
    GeneralName[] all =
        names.stream()
            .map(name -> new GeneralName(GeneralName.dNSName, name))
            .toArray(GeneralName[]::new);
    builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(false));
    builder.addExtension(Extension.keyUsage, true, new KeyUsage(KeyUsage.digitalSignature));
    builder.addExtension(
        Extension.extendedKeyUsage, false, new ExtendedKeyUsage(KeyPurposeId.id_kp_serverAuth));
    builder.addExtension(Extension.subjectAlternativeName, false, new GeneralNames(all));
    return signed(builder, options);
  }

  private JcaX509v3CertificateBuilder builder(SigningRequest options, Instant now) {
    return new JcaX509v3CertificateBuilder(
        options.issuer,
        new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS),
        Date.from(now.minus(Bundle.SKEW)),
        Date.from(now.plus(validity)),
        options.subject,
        options.keys.getPublic());
  }

  private static X509Certificate signed(JcaX509v3CertificateBuilder builder, SigningRequest options)
      throws GeneralSecurityException, OperatorCreationException {
    var signer = new JcaContentSignerBuilder("SHA256withECDSA").build(options.signer);
    return new JcaX509CertificateConverter().getCertificate(builder.build(signer));
  }
}
