/**
 * Which hosts are which nodes: the authority that signs their certificates, the tokens with which they come to one, and what was revoked.
 *
 * <p>Place: beside {@code manager.access}, which is about users; uses {@code manager.objects} for the record of changes and {@code southbound.pki} for formats; {@code manager.agents} has the server ask it.
 * Threads: any; {@link dev.sluice.manager.enrolment.Enrolments} has one change at a time. Specification: X2, S3; ADR 30.
 * Start reading: {@link dev.sluice.manager.enrolment.Enrolments}.
 */
@NullMarked
package dev.sluice.manager.enrolment;

import org.jspecify.annotations.NullMarked;
