package dev.sluice.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The kernel's counters of an interface, read through a process that is in its namespace: without starting a program, so that they can be looked at often.
 *
 * @param receivedPackets packets that it received
 * @param sentBytes bytes that it sent
 */
public record InterfaceCounters(long receivedPackets, long sentBytes) {
    /** Those of an interface in the namespace of a process that has been in it for a while; 0 if that has ended. */
    public static InterfaceCounters of(LabProcess process, String interfaceName) {
        try {
            for (String line : Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "net", "dev"))) {
                String[] words = line.strip().split("[: ]+", -1);
                if (words[0].equals(interfaceName)) {
                    return new InterfaceCounters(Long.parseLong(words[2]), Long.parseLong(words[9]));
                }
            }
        } catch (IOException e) {
            return new InterfaceCounters(0, 0);
        }
        return new InterfaceCounters(0, 0);
    }
}
