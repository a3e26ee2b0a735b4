//! Addresses at which no mail server of a page is looked for.
//!
//! Who sets up a mailbox on a page chooses where Standin connects to. Machines in clouds find their own secrets at
//! link-local addresses, without a password; what an admin of Standin types must not be a way to them. Whoever
//! writes the configuration file has the machine anyway.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

/// Where clouds answer beside the link-local range: Alibaba, Oracle; Amazon by IPv6.
const METADATA: [IpAddr; 3] = [
    IpAddr::V4(Ipv4Addr::new(100, 100, 100, 200)),
    IpAddr::V4(Ipv4Addr::new(192, 0, 0, 192)),
    IpAddr::V6(Ipv6Addr::new(0xfd00, 0xec2, 0, 0, 0, 0, 0, 0x254)),
];

/// Why such a server is not looked for, for people.
pub const FORBIDDEN: &str = "it is at a link-local address or at one where clouds keep a machine's secrets; \
     `link_local` under [mail] in the configuration file allows that";

/// Whether a mailbox that was set up on a page may be at this address.
pub fn is_reachable(address: IpAddr) -> bool {
    let address = address.to_canonical();
    let odd = match address {
        IpAddr::V4(v4) => v4.is_link_local() || v4.octets().first() == Some(&0) || v4.is_broadcast(),
        IpAddr::V6(v6) => {
            // NAT64 and 6to4 carry an address of IPv4 within.
            let within = match v6.segments() {
                [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => Some((high, low)),
                _ => None,
            };
            let carried = within.map(|(high, low)| Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)));
            v6.is_unicast_link_local() || v6.is_unspecified() || carried.is_some_and(|v4| !is_reachable(v4.into()))
        }
    };
    !odd && !address.is_multicast() && !METADATA.contains(&address)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn link_local_addresses_and_those_of_cloud_secrets_are_refused_however_they_are_written() {
        for address in [
            "169.254.169.254",
            "169.254.0.1",
            "::ffff:169.254.169.254",
            "64:ff9b::a9fe:a9fe",
            "2002:a9fe:a9fe::1",
            "fe80::1",
            "fd00:ec2::254",
            "100.100.100.200",
            "192.0.0.192",
            "0.0.0.0",
            "::",
            "224.0.0.1",
            "ff02::1",
            "255.255.255.255",
        ] {
            assert!(!is_reachable(address.parse().unwrap()), "{address}");
        }
        for address in
            ["127.0.0.1", "::1", "10.0.0.5", "192.168.1.1", "172.16.0.9", "fd12::5", "8.8.8.8", "2001:db8::1"]
        {
            assert!(is_reachable(address.parse().unwrap()), "{address}");
        }
    }
}
