use super::*;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// Answers every request with these bytes.
async fn stub(answer: &'static str) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut request = [0; 4096];
            let _ = stream.read(&mut request).await;
            let _ = stream.write_all(answer.as_bytes()).await;
        }
    });
    Url::parse(&format!("http://localhost:{port}/keys")).unwrap()
}

async fn get(answer: &'static str) -> Result<Vec<u8>, OutboundError> {
    Outbound::new().unwrap().get(&stub(answer).await, 10).await
}

#[tokio::test]
async fn an_answer_of_the_right_size_is_read_and_no_other() {
    let whole = get("HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\n0123456789").await;
    assert_eq!(whole.unwrap(), b"0123456789");
    let long = get("HTTP/1.1 200 OK\r\ncontent-length: 11\r\n\r\n0123456789x").await;
    assert!(matches!(long, Err(OutboundError::TooLarge)), "{long:?}");
    let endless = get("HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nb\r\n0123456789x\r\n").await;
    assert!(matches!(endless, Err(OutboundError::TooLarge)), "{endless:?}");
    let cut = get("HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\n0123").await;
    assert!(matches!(cut, Err(OutboundError::NoAnswer(_))), "{cut:?}");
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let moved = get("HTTP/1.1 302 Found\r\nlocation: http://localhost:1/\r\ncontent-length: 0\r\n\r\n").await;
    assert!(matches!(moved, Err(OutboundError::Status(302))), "{moved:?}");
}

#[tokio::test]
async fn an_address_that_is_none_to_call_is_not_called() {
    let client = Outbound::new().unwrap();
    for text in [
        "http://idp.exempel.example/keys",
        "http://10.0.0.1/keys",
        "https://169.254.169.254/keys",
        "https://[::ffff:169.254.169.254]/keys",
        "https://0x7f000001.example./keys",
    ] {
        let url = Url::parse(text).unwrap();
        assert!(client.get(&url, 10).await.is_err(), "{text}");
    }
    let url = Url::parse("https://169.254.169.254/keys").unwrap();
    assert!(matches!(client.get(&url, 10).await, Err(OutboundError::Refused)));
}
