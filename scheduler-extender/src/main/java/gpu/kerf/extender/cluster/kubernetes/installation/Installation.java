package gpu.kerf.extender.cluster.kubernetes.installation;

import gpu.kerf.extender.team.TeamSource;

/**
 * What of the manifests the settings make use of.
 *
 * @param namespace of the Leases and the ConfigMap
 * @param runtimeClass what the webhook writes into pods; empty if it writes none
 * @param webhook whether Kerf serves it
 * @param makesCertificate whether Kerf makes the webhook's certificate itself
 * @param certificateNamespace of the Secret with that certificate
 * @param reviewsClients whether Kerf asks the API server what clients may see
 * @param teams which objects say what the teams are
 * @param kueue whether Kerf answers checks of Kueue
 */
public record Installation(
    String namespace,
    String runtimeClass,
    boolean webhook,
    boolean makesCertificate,
    String certificateNamespace,
    boolean reviewsClients,
    TeamSource teams,
    boolean kueue) {}
