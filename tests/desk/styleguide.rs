//! The component page is for development only.

use crate::support::House;
use crate::support::cast::{Cast, OWNER};
use actix_web::web::Data;
use duijie::web::Platform;

#[tokio::test]
async fn components_are_shown_while_developing_and_nowhere_else() {
    let mut house = House::open().await;
    Cast::enter(&house).await;
    let page = house.get("/styleguide").by(OWNER).send().await.expect(200);
    assert!(page.body.contains("class=\"both\" data-theme=\"dark\""), "{}", page.body);
    house.platform = Data::new(Platform { dev: false, ..Platform::clone(&house.platform) });
    house.get("/styleguide").by(OWNER).send().await.expect(404);
}
