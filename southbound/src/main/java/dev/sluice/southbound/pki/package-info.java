/**
 * How manager and agents prove to each other who they are: keys, certificates, the files and tokens that hold them, and what is checked of a certificate.
 *
 * <p>Place: below {@code controller}, {@code manager} and {@code agent}, which decide who gets a certificate and what it allows. Threads: everything is immutable or stateless.
 * Specification: X2, S3; RFC 5280 (certificates), RFC 2986 (requests), RFC 8446 (TLS 1.3), RFC 7468 (PEM); ADR 30.
 * Start reading: {@link dev.sluice.southbound.pki.Certificates}, then {@link dev.sluice.southbound.pki.PeerCheck}.
 */
@NullMarked
package dev.sluice.southbound.pki;

import org.jspecify.annotations.NullMarked;
