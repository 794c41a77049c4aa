package dev.sluice.agent.report;

/**
 * Answer to the request {@code capture}: the next part of a capture file.
 *
 * @param session names the capture; for the next request
 * @param pcapng what is to be appended to the file, in base64
 * @param frames frames so far
 * @param lost frames so far for which the node had no room
 * @param done whether the file is complete
 * @param end why: packets, seconds, bytes or asked; empty: it is not complete yet
 */
public record CapturePart(String session, String pcapng, long frames, long lost, boolean done, String end) {}
