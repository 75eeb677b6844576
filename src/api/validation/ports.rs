//! The ports of containers.

use super::error::FieldError;
use super::field::Field;
use super::names;

/// The protocols that a port may have.
pub(super) const PROTOCOLS: [&str; 3] = ["SCTP", "TCP", "UDP"];

/// Models validateContainerPorts.
pub(super) fn validate_all(ports: &Field<'_>, errors: &mut Vec<FieldError>) {
    let mut seen = Vec::new();
    for port in ports.items() {
        let name = port.child("name");
        if !name.text().is_empty() {
            let complaints = names::port_name(name.text());
            if !complaints.is_empty() {
                name.check_text(complaints, errors);
            } else if seen.contains(&name.text()) {
                errors.push(name.duplicate(name.text()));
            } else {
                seen.push(name.text());
            }
        }
        let container_port = port.child("containerPort");
        if container_port.int() == 0 {
            errors.push(container_port.required(""));
        } else {
            validate_number(&container_port, errors);
        }
        if port.child("hostPort").int() != 0 {
            validate_number(&port.child("hostPort"), errors);
        }
        port.child("protocol").check_enum(&PROTOCOLS, errors);
    }
}

/// A port's number.
pub(super) fn validate_number(port: &Field<'_>, errors: &mut Vec<FieldError>) {
    let complaints = names::port_number(port.int());
    errors.extend(complaints.into_iter().map(|complaint| port.invalid(port.int(), complaint)));
}

/// A port's number or name; an absent one is number 0. Models ValidatePortNumOrName.
pub(super) fn validate_number_or_name(port: &Field<'_>, errors: &mut Vec<FieldError>) {
    if port.value().is_string() {
        port.check_text(names::port_name(port.text()), errors);
    } else {
        validate_number(port, errors);
    }
}

/// A port of the host goes to one container only. Models AccumulateUniqueHostPorts.
pub(super) fn validate_unique_host_ports(containers: &[Field<'_>], errors: &mut Vec<FieldError>) {
    let mut seen: Vec<String> = Vec::new();
    for port in containers.iter().flat_map(|container| container.child("ports").items()) {
        let host_port = port.child("hostPort");
        if host_port.int() == 0 {
            continue;
        }
        let key = format!("{}/{}/{}", port.child("protocol").text(), port.child("hostIP").text(), host_port.int());
        if seen.contains(&key) {
            errors.push(host_port.duplicate(key.as_str()));
        } else {
            seen.push(key);
        }
    }
}
