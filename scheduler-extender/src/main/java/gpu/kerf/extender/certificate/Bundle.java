package gpu.kerf.extender.certificate;

import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Collection;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * A certificate with its key and its certificate authorities, as PEM.
 *
 * @param authorities the authority that signed the certificate first, then the one before it, so
 *     that a replica that still serves the last certificate is trusted
 */
public record Bundle(String certificate, String key, String authorities) {
  /** It holds from this long before it is made: clocks differ. */
  static final Duration SKEW = Duration.ofMinutes(5);

  private static final int DNS = 2;

  /** When it was made. */
  Instant made() throws GeneralSecurityException {
    return leaf().getNotBefore().toInstant().plus(SKEW);
  }

  /** Whether it can be shown for these names until well after a moment. */
  boolean isGood(Collection<String> names, Instant now) {
    try {
      X509Certificate leaf = leaf();
      leaf.verify(Pem.certificates(authority()).get(0).getPublicKey());
      return names(leaf).containsAll(names) && matches(leaf) && !isOld(leaf, now);
    } catch (GeneralSecurityException | IndexOutOfBoundsException unreadable) {
      return false;
    }
  }

  /** Two thirds of its time are over, or it comes from the future. */
  private static boolean isOld(X509Certificate leaf, Instant now) {
    Instant from = leaf.getNotBefore().toInstant();
    Instant until = leaf.getNotAfter().toInstant();
    Duration third = Duration.between(from, until).dividedBy(3);
    return now.isBefore(from) || now.isAfter(until.minus(third));
  }

  private boolean matches(X509Certificate leaf) throws GeneralSecurityException {
    PrivateKey own = Pem.key(key);
    byte[] text = {1, 2, 3};
    Signature signer = Signature.getInstance("SHA256withECDSA");
    signer.initSign(own);
    signer.update(text);
    byte[] signed = signer.sign();
    signer.initVerify(leaf.getPublicKey());
    signer.update(text);
    return signer.verify(signed);
  }

  private static Set<String> names(X509Certificate leaf) throws GeneralSecurityException {
    Set<String> names = new HashSet<>();
    if (leaf.getSubjectAlternativeNames() != null) {
      for (List<?> each : leaf.getSubjectAlternativeNames()) {
        if (Integer.valueOf(DNS).equals(each.get(0))) {
          names.add(String.valueOf(each.get(1)));
        }
      }
    }
    return names;
  }

  private X509Certificate leaf() throws GeneralSecurityException {
    List<X509Certificate> chain = Pem.certificates(certificate);
    if (chain.isEmpty()) {
      throw new GeneralSecurityException("There is no certificate.");
    }
    return chain.get(0);
  }

  /** The one that signed it; empty if there is none. */
  String authority() {
    int end = authorities.indexOf("-----END CERTIFICATE-----");
    return end < 0 ? "" : authorities.substring(0, authorities.indexOf('\n', end) + 1);
  }

  /** The same if it can still be believed; the API server refuses to believe nonsense. */
  String believed(Instant now) {
    try {
      X509Certificate authority = Pem.certificates(authority()).get(0);
      authority.checkValidity(Date.from(now));
      return Pem.of(authority);
    } catch (GeneralSecurityException | IndexOutOfBoundsException useless) {
      return "";
    }
  }

  /** Whether those who believe this one also believe another. */
  boolean vouchesFor(Bundle other) {
    return !other.authority().isEmpty() && authorities.contains(other.authority());
  }

  /** Not the key. */
  @Override
  public String toString() {
    return "Bundle[" + certificate + "]";
  }
}
